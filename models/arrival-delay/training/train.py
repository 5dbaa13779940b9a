"""Fits arrival-delay and exports it to ONNX. Nothing else: the rows come finished from build-dataset.ts.

Reads dataset.json + dataset.f32 (little-endian float32, row-major) and golden.f32 from --work, and writes model.onnx
and fit.json (metrics, versions, golden scores by LightGBM itself) to the same folder.
The same rows and requirements.txt give the same bytes: one thread, fixed seed, fixed names.
"""

import argparse
import hashlib
import json
import pathlib
import platform

import lightgbm as lgb
import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

PARAMETERS = {
    "objective": "binary",
    "metric": "binary_logloss",
    "learning_rate": 0.1,
    "num_leaves": 31,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "seed": 7,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
MAX_ROUNDS = 600
PATIENCE = 40
OPSET = [helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 3)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=pathlib.Path, required=True)
    work = parser.parse_args().work
    header = json.loads((work / "dataset.json").read_text())
    columns = header["features"]
    table = np.fromfile(work / "dataset.f32", "<f4").reshape(-1, len(columns) + 2)
    rows, label, month = table[:, : len(columns)].copy(), table[:, -2].copy(), table[:, -1].copy()
    part = {name: slice(begin, end) for name, (begin, end) in header["parts"].items()}
    golden = np.fromfile(work / "golden.f32", "<f4").reshape(-1, len(columns))

    booster = fit(rows, label, part, columns)
    model = export(booster, len(columns), header["name"])
    onnx.checker.check_model(model)
    data = model.SerializeToString(deterministic=True)
    (work / "model.onnx").write_bytes(data)

    test, truth = rows[part["test"]], label[part["test"]]
    predicted = booster.predict(test)
    result = {
        "trees": booster.num_trees(),
        "parity": parity(data, booster, np.concatenate([test[:20000], golden, with_gaps(test[:2000])])),
        "metrics": metrics(truth, predicted, month[part["test"]], label[part["train"]].mean()),
        "gain": gain(booster, columns),
        "parts": {name: describe(label[rows_of]) for name, rows_of in part.items()},
        "golden": booster.predict(golden).tolist(),
        "digests": {"lightgbm": digest(booster.model_to_string().encode()), "onnx": digest(data)},
        "made_with": {
            "python": platform.python_version(),
            **{m.__name__: m.__version__ for m in (lgb, np, onnx, ort)},
        },
    }
    if result["parity"]["max_difference"] > 1e-6:
        raise SystemExit(f"the ONNX file scores other than LightGBM: {result['parity']}")
    (work / "fit.json").write_text(json.dumps(result, indent=2))


def fit(rows, label, part, columns):
    train = lgb.Dataset(rows[part["train"]].copy(), label[part["train"]], feature_name=columns)
    validation = lgb.Dataset(rows[part["validation"]].copy(), label[part["validation"]], reference=train)
    stop = lgb.early_stopping(PATIENCE, verbose=False)
    booster = lgb.train(PARAMETERS, train, MAX_ROUNDS, valid_sets=[validation], callbacks=[stop])
    # Without the rounds after the best one, the booster and its text are the model itself.
    return lgb.Booster(model_str=booster.model_to_string(num_iteration=booster.best_iteration))


def export(booster, width, name):
    """TreeEnsembleClassifier over [rows, width], of which only the probability of class 1 leaves the graph."""
    nodes, leaves = [], []
    for tree, info in enumerate(booster.dump_model()["tree_info"]):
        own = []
        flatten(info["tree_structure"], tree, own, leaves)
        nodes += own
    if min(leaf["weight"] for leaf in leaves) >= 0:
        # With weights above 0 only, onnxruntime takes their sum for a probability and leaves out the logistic function.
        raise SystemExit("no leaf is negative: onnxruntime would not apply the logistic function")
    of = lambda key: [node[key] for node in nodes]
    ensemble = helper.make_node(
        "TreeEnsembleClassifier",
        ["features"],
        ["label", "probabilities"],
        domain="ai.onnx.ml",
        nodes_treeids=of("tree"),
        nodes_nodeids=of("id"),
        nodes_featureids=of("feature"),
        nodes_modes=of("mode"),
        nodes_values=of("threshold"),
        nodes_truenodeids=of("left"),
        nodes_falsenodeids=of("right"),
        nodes_missing_value_tracks_true=of("missing_left"),
        class_treeids=[leaf["tree"] for leaf in leaves],
        class_nodeids=[leaf["id"] for leaf in leaves],
        class_ids=[0] * len(leaves),
        class_weights=[leaf["weight"] for leaf in leaves],
        classlabels_int64s=[0, 1],
        post_transform="LOGISTIC",
    )
    late = helper.make_node("Gather", ["probabilities", "late"], ["probability"], axis=1)
    graph = helper.make_graph(
        [ensemble, late],
        name,
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["rows", width])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["rows", 1])],
        [helper.make_tensor("late", TensorProto.INT64, [1], [1])],
    )
    return helper.make_model(graph, opset_imports=OPSET, ir_version=8, producer_name="sluice")


def flatten(node, tree, nodes, leaves):
    """Appends the node and all below it to the nodes of its tree; returns its id there."""
    id = len(nodes)
    if "leaf_value" in node:
        nodes.append(dict(tree=tree, id=id, feature=0, mode="LEAF", threshold=0.0, left=0, right=0, missing_left=0))
        leaves.append(dict(tree=tree, id=id, weight=node["leaf_value"]))
        return id
    if node["decision_type"] != "<=":
        raise SystemExit(f"decision type {node['decision_type']} is not exported")
    entry = dict(tree=tree, id=id, feature=node["split_feature"], mode="BRANCH_LEQ")
    entry["threshold"] = round_down(node["threshold"])
    entry["missing_left"] = int(goes_left_when_missing(node))
    nodes.append(entry)
    entry["left"] = flatten(node["left_child"], tree, nodes, leaves)
    entry["right"] = flatten(node["right_child"], tree, nodes, leaves)
    return id


def round_down(threshold):
    """The largest float32 not above it: then `x <= threshold` has the same answer for every float32 x."""
    rounded = np.float32(threshold)
    return float(rounded if float(rounded) <= threshold else np.nextafter(rounded, np.float32(-np.inf)))


def goes_left_when_missing(node):
    """LightGBM: NaN follows the default where NaN was seen in training, and counts as 0 where it was not."""
    if node["missing_type"] == "NaN":
        return node["default_left"]
    if node["missing_type"] == "None":
        return 0.0 <= node["threshold"]
    raise SystemExit(f"missing type {node['missing_type']} is not exported")


def parity(data, booster, rows):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    scores = session.run(["probability"], {"features": rows})[0][:, 0]
    difference = np.abs(scores.astype("f8") - booster.predict(rows))
    return {"rows": len(rows), "max_difference": float(difference.max())}


def with_gaps(rows):
    """Every feature missing, one after the other: the exporter must treat NaN as LightGBM does."""
    gapped = rows.copy()
    gapped[np.arange(len(rows)), np.arange(len(rows)) % rows.shape[1]] = np.nan
    return gapped


def metrics(label, predicted, month, train_rate):
    return {
        "test": score(label, predicted),
        "test_always_training_rate": score(label, np.full(len(label), train_rate)),
        "test_by_month": {f"2013-{int(m):02}": score(label[month == m], predicted[month == m]) for m in np.unique(month)},
        "calibration": calibration(label, predicted),
    }


def score(label, predicted):
    p = np.clip(predicted.astype("f8"), 1e-15, 1 - 1e-15)
    return {
        "rows": len(label),
        "late": rounded(label.mean()),
        "predicted": rounded(p.mean()),
        "auc": rounded(auc(label, p)),
        "log_loss": rounded(-(label * np.log(p) + (1 - label) * np.log(1 - p)).mean()),
        "brier": rounded(((p - label) ** 2).mean()),
        "calibration_error": rounded(calibration_error(label, p)),
    }


def auc(label, p):
    """Probability that a late flight is ranked above one that is not; ties count half (Mann-Whitney)."""
    values, inverse, counts = np.unique(p, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    late = label > 0
    positives, negatives = late.sum(), (~late).sum()
    return (ranks[inverse][late].sum() - positives * (positives + 1) / 2) / (positives * negatives)


def bins(p, count):
    return np.minimum((p * count).astype(int), count - 1)


def calibration_error(label, p, count=15):
    """Mean distance between predicted and real share over equal bins, weighted by rows (ECE)."""
    b = bins(p, count)
    return sum(abs(label[b == i].mean() - p[b == i].mean()) * (b == i).mean() for i in np.unique(b))


def calibration(label, p, count=10):
    b = bins(p, count)
    return [
        {"bin": f"{i / count:.1f}-{(i + 1) / count:.1f}", "rows": int((b == i).sum()),
         "predicted": rounded(p[b == i].mean()), "late": rounded(label[b == i].mean())}
        for i in np.unique(b)
    ]


def gain(booster, columns):
    shares = booster.feature_importance("gain")
    return {name: rounded(share) for name, share in sorted(zip(columns, shares / shares.sum()), key=lambda x: -x[1])}


def describe(label):
    return {"rows": len(label), "late": rounded(label.mean())}


def rounded(value):
    return round(float(value), 4)


def digest(data):
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    main()
