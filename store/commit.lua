-- Writes an operation's next version and the record of the event that made it,
-- both or neither.
--
-- KEYS  1 operation  2 log  3 head  4 open  5 all  6 held  7 once  8 lease  9 refused  10 trail
-- ARGV  1 seq and 2 hash of the head the record was sealed on
--       3 seq, 4 hash and 5 line of the record
--       6 mode: open, change, refused or log
--       7 operation's ID  8 version it was made from  9 version  10 its JSON
--       11 time of opening, ms  12 "1" when the state is final
--       13 lease token, "" for none  14 life of the once-key, ms, "" for none
--       15 life of the refused-key, ms  16 seq and 17 hash of the highest head this process saw
--       18… targets, as fields of held
-- Returns {"ok"}, or what stands in the way and nothing was written:
--       {"rolled back", seq}  {"head", seq, hash}  {"conflict"}  {"taken"}  {"fenced"}
--       {"again"}  {"once", ID}  {"held", field, ID}
local function hashAt(seq)
  local entry = redis.call('XRANGE', KEYS[2], seq .. '-0', seq .. '-0')
  if #entry == 0 then return nil end
  local fields = entry[1][2]
  for i = 1, #fields, 2 do
    if fields[i] == 'hash' then return fields[i + 1] end
  end
  return nil
end

local head = redis.call('HMGET', KEYS[3], 'seq', 'hash')
local seq = tonumber(head[1] or '0')

local seen = tonumber(ARGV[16])
if seen > seq then return {'rolled back', tostring(seq)} end
if seen > 0 then
  local there = hashAt(ARGV[16])
  if there and there ~= ARGV[17] then return {'rolled back', tostring(seq)} end
end

-- An earlier try of this very record, whose answer was lost, was written. The
-- head is written as it is, so that this Redis shows it may still write, and a
-- wait for the disk on this connection covers the record.
if seq >= tonumber(ARGV[3]) and hashAt(ARGV[3]) == ARGV[4] then
  redis.call('HSET', KEYS[3], 'seq', head[1], 'hash', head[2])
  return {'ok'}
end

local mode = ARGV[6]
if ARGV[13] ~= '' and redis.call('GET', KEYS[8]) ~= ARGV[13] then return {'fenced'} end
if mode == 'open' then
  if ARGV[14] ~= '' then
    local opened = redis.call('GET', KEYS[7])
    if opened then return {'once', opened} end
  end
  if redis.call('EXISTS', KEYS[1]) == 1 then return {'taken'} end
  for i = 18, #ARGV do
    local by = redis.call('HGET', KEYS[6], ARGV[i])
    if by then return {'held', ARGV[i], by} end
  end
elseif mode == 'change' then
  if redis.call('HGET', KEYS[1], 'version') ~= ARGV[8] then return {'conflict'} end
elseif mode == 'refused' then
  if redis.call('EXISTS', KEYS[9]) == 1 then return {'again'} end
end
if seq ~= tonumber(ARGV[1]) or (seq > 0 and head[2] ~= ARGV[2]) then
  return {'head', tostring(seq), head[2] or ''}
end

redis.call('XADD', KEYS[2], ARGV[3] .. '-0', 'line', ARGV[5], 'hash', ARGV[4])
redis.call('HSET', KEYS[3], 'seq', ARGV[3], 'hash', ARGV[4])
if mode ~= 'log' then redis.call('RPUSH', KEYS[10], ARGV[3]) end
if mode == 'refused' then
  redis.call('SET', KEYS[9], '1', 'PX', ARGV[15])
elseif mode == 'open' or mode == 'change' then
  redis.call('HSET', KEYS[1], 'version', ARGV[9], 'json', ARGV[10])
  redis.call('ZADD', KEYS[5], ARGV[11], ARGV[7])
  if mode == 'open' then
    if ARGV[14] ~= '' then redis.call('SET', KEYS[7], ARGV[7], 'PX', ARGV[14]) end
    for i = 18, #ARGV do redis.call('HSET', KEYS[6], ARGV[i], ARGV[7]) end
  end
  if ARGV[12] == '1' then
    redis.call('ZREM', KEYS[4], ARGV[7])
    for i = 18, #ARGV do
      if redis.call('HGET', KEYS[6], ARGV[i]) == ARGV[7] then redis.call('HDEL', KEYS[6], ARGV[i]) end
    end
  else
    redis.call('ZADD', KEYS[4], ARGV[11], ARGV[7])
  end
end
return {'ok'}
