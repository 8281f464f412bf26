-- Takes a lease that nobody holds.
--
-- KEYS  1 lease  2 epoch
-- ARGV  1 token  2 life, ms
-- Returns the epoch, or 0 when someone holds it.
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return redis.call('INCR', KEYS[2])
end
return 0
