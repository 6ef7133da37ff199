-- What wrk does in a turn: it asks with the bodies of a folder, one after another, and tells the result as one line of JSON.
-- Each body NAME lies beside NAME.headers, a header "Name: value" a line.

local prepared, at = {}, 0

function init(args)
  for _, path in ipairs(args) do
    local file = assert(io.open(path, "rb"))
    local body = file:read("*a")
    file:close()
    local headers = {}
    for line in io.lines(path .. ".headers") do
      local name, value = line:match("^(.-): (.*)$")
      headers[name] = value
    end
    prepared[#prepared + 1] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  at = at % #prepared + 1
  return prepared[at]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "p50": %.4f, "p99": %.4f, "errors": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
