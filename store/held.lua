-- Does one thing if a lease is held, and the log is the one that its holder saw.
--
-- KEYS  1 lease  2 head  3 log  4 what it is about, if anything
-- ARGV  1 token  2 seq and 3 hash of the highest head this process saw
--       4 what to do: renew, release, set or fields  5… its arguments
-- Returns 1 when done, 0 when the lease is not held, -1 when Redis came back
-- older than it was.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[4] == 'release' then
  redis.call('DEL', KEYS[1])
  return 1
end
if tonumber(ARGV[2]) > 0 then
  if tonumber(redis.call('HGET', KEYS[2], 'seq') or '0') < tonumber(ARGV[2]) then return -1 end
  local entry = redis.call('XRANGE', KEYS[3], ARGV[2] .. '-0', ARGV[2] .. '-0')
  if #entry > 0 then
    local fields = entry[1][2]
    for i = 1, #fields, 2 do
      if fields[i] == 'hash' and fields[i + 1] ~= ARGV[3] then return -1 end
    end
  end
end
if ARGV[4] == 'renew' then
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
elseif ARGV[4] == 'set' then
  redis.call('SET', KEYS[4], ARGV[5])
elseif ARGV[4] == 'fields' then
  for i = 5, #ARGV, 2 do redis.call('HSET', KEYS[4], ARGV[i], ARGV[i + 1]) end
end
return 1
