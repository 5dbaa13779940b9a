-- Applies one batch of one partition, or nothing. Common to Redis 7.0 and Valkey 9.
--
-- KEYS[1]  positions of the topic: a hash, field `<incarnation>/<partition>`, value `<next> <origin>`
-- ARGV     1 field   2 `<incarnation>/`   3 position that the caller believes in, '' = none   4 position to store
--          5 last origin of 3, -1 = none   6 how long after its end a key is kept, ms
--          then per record: origin, timestamp (ms), number of operations, and per operation:
--          kind, key, end (ms), number of arguments, arguments
--
-- Returns {'applied', operations that failed, first error} or {'differs', stored position} or {'foreign', other field}.
-- Keys beyond KEYS[1] come through ARGV, so this does not run on a cluster.

local field, log, expected, position = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local origin, keepMs = tonumber(ARGV[5]), tonumber(ARGV[6])

local stored = redis.call('HGET', KEYS[1], field)
if not stored then
  local foreign
  for _, other in ipairs(redis.call('HKEYS', KEYS[1])) do
    if string.sub(other, 1, #log) == log then foreign = nil break end
    foreign = other
  end
  if foreign then return {'foreign', foreign} end
end
if (stored or '') ~= expected then return {'differs', stored or ''} end

-- The first write: a server that is out of memory, cannot write its disk or is a replica refuses it, and then nothing
-- has been applied. After a first write Redis refuses none of a script's further writes for such a reason.
redis.call('HSET', KEYS[1], field, position)

local time = redis.call('TIME')
local nowMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local failed, firstError = 0, ''

-- What is left to go wrong is a key that somebody else has made something else of. Scripts are not rolled back, so such
-- an operation is counted and passed.
local function try(...)
  local reply = redis.pcall(...)
  if type(reply) == 'table' and reply.err then
    failed = failed + 1
    if firstError == '' then firstError = reply.err end
    return nil
  end
  return reply
end

-- A key outlives its end by keepMs at least: records from before its end may still come and must find what they belong
-- to. Whole hours, so that a key that many records write is given a later time now and then only.
local hourMs = 3600000
local function keepUntil(endMs)
  return math.ceil((math.max(tonumber(endMs), nowMs) + keepMs) / hourMs) * hourMs
end

local function keep(key, untilMs)
  try('PEXPIREAT', key, string.format('%.0f', untilMs))
end

-- For keys that one partition alone writes: what had ended when the record was written begins anew.
local function begin(key, timestampMs)
  local endMs = try('HGET', key, 'expires_at')
  if endMs and timestampMs > tonumber(endMs) then redis.call('DEL', key) end
end

local apply = {}

-- arguments: number of fields to remove, their names, then names and values to set
function apply.merge(key, endMs, timestampMs, first, last)
  begin(key, timestampMs)
  local removed = tonumber(ARGV[first])
  if removed > 0 then try('HDEL', key, unpack(ARGV, first + 1, first + removed)) end
  try('HSET', key, 'expires_at', endMs, unpack(ARGV, first + removed + 1, last))
  keep(key, keepUntil(endMs))
end

-- arguments: size, value
function apply.recent(key, endMs, timestampMs, first)
  begin(key, timestampMs)
  local count = try('HINCRBY', key, 'count', 1)
  if count then
    local slot = string.format('%d', (count - 1) % tonumber(ARGV[first]))
    try('HSET', key, 'expires_at', endMs, slot, ARGV[first + 1])
  end
  keep(key, keepUntil(endMs))
end

-- arguments: field, amount. The end follows from the key, so it is enough to set it when a field is new.
function apply.count(key, endMs, _, first)
  local sum = try('HINCRBY', key, ARGV[first], ARGV[first + 1])
  if sum ~= tonumber(ARGV[first + 1]) then return end
  try('HSET', key, 'expires_at', endMs)
  keep(key, keepUntil(endMs))
end

-- arguments: field, value. Every entry has its own end; the key is kept for the last of them.
function apply.entry(key, endMs, _, first)
  try('HSET', key, ARGV[first], endMs .. ' ' .. ARGV[first + 1])
  local untilMs = keepUntil(endMs)
  local kept = try('PEXPIRETIME', key)
  if kept and kept < untilMs then keep(key, untilMs) end
end

local at = 7
while at <= #ARGV do
  local isNew, timestampMs, operations = tonumber(ARGV[at]) > origin, tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  at = at + 3
  for _ = 1, operations do
    local last = at + 3 + tonumber(ARGV[at + 3])
    if isNew then apply[ARGV[at]](ARGV[at + 1], ARGV[at + 2], timestampMs, at + 4, last) end
    at = last + 1
  end
end
return {'applied', failed, firstError}
