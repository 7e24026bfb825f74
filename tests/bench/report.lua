-- wrk: asks for the paths of PATHS (divided by |) in turn, or for PAT with a random
-- number between IDMIN and IDMAX; prints one line of JSON at the end.
local paths = {}
local pattern = os.getenv("PAT")
local least = tonumber(os.getenv("IDMIN") or "1")
local most = tonumber(os.getenv("IDMAX") or "1")
for path in string.gmatch(os.getenv("PATHS") or "", "[^|]+") do paths[#paths + 1] = path end
local turn = 0

function init(args)
  math.randomseed(tonumber(os.getenv("SEED") or "7"))
end

function request()
  if pattern then return wrk.format("GET", string.format(pattern, math.random(least, most))) end
  turn = turn % #paths + 1
  return wrk.format("GET", paths[turn])
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    'JSON{"n":%d,"p50":%.3f,"p99":%.3f,"errors":%d,"refused":%d}\n',
    summary.requests, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.connect + e.read + e.write + e.timeout, e.status))
end
