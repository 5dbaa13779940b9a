"""Reads Delta tables with Spark: read_spark.py FOLDER JARS TABLE… Prints one JSON document, the last line of its output."""

import glob
import json
import os
import sys

from pyspark.sql import SparkSession, functions as f
from pyspark.sql.types import NumericType


def main(folder, jars, names):
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.jars", ",".join(glob.glob(os.path.join(jars, "*.jar"))))
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.adaptive.enabled", "false")  # the plan keeps its figures where they can be found
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.databricks.delta.snapshotPartitions", "1")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    return {name: read(spark.read.format("delta").load(os.path.join(folder, name))) for name in names}


def read(table):
    numbers = [field.name for field in table.schema if isinstance(field.dataType, NumericType)]
    total = table.agg(f.count("*").alias("rows"), *[f.sum(name).cast("double").alias(name) for name in numbers]).first()
    if total["rows"] == 0:
        return {"rows": 0, "sums": {}, "files": files_read(table), "pruning": None}
    day, last = table.agg(f.min("event_date"), f.max("kafka_offset")).first()
    wheres = {"partition": f.col("event_date") == day, "statistics": f.col("kafka_offset") == last}
    return {
        "rows": total["rows"],
        "sums": {name: total[name] for name in numbers},
        "files": files_read(table),
        "pruning": {name: {"files": files_read(table.where(w)), "rows": table.where(w).count()} for name, w in wheres.items()},
    }


def files_read(table):
    """What the plan, once run, says of the files that it has read."""
    rows = table._jdf
    rows.collectAsList()
    plan = rows.queryExecution().executedPlan()
    leaves = plan.collectLeaves()
    return sum(leaves.apply(i).metrics().apply("numFiles").value() for i in range(leaves.size()))


print(json.dumps(main(sys.argv[1], sys.argv[2], sys.argv[3:])))
