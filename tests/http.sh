#!/usr/bin/env bash
# Checks the gateway's HTTP face with other people's tools, against a running suite with a few records in it:
#
#   tests/http.sh BINARY TOOLS     BINARY: xiuhua; TOOLS: the folder with those of tools.txt and package.json
#
# openapi-spec-validator: the document is OpenAPI 3.1. spectral: it is clean by the rules of its OpenAPI ruleset.
# schemathesis: no answer contradicts the document, and none is a fault of the suite.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

binary=$(realpath "$1")
tools=$(realpath "$2")
folder=$(mktemp -d "${TMPDIR:-/tmp}/xiuhua-http.XXXXXX")
serving=
linting=

end() {
    [ -z "$linting" ] || kill "$linting" 2>/dev/null || true
    [ -z "$serving" ] || { kill "$serving" && wait "$serving" || true; }
    cat "$folder/serve.log"
    rm -rf "$folder"
}
trap end EXIT

# ---- a suite with a few records ----

# The suite refuses settings that it does not know, as this one of the other tests.
unset XIUHUA_TEST_POSTGRES_URL
address=127.0.0.1:$("$tools/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://$address
"$binary" serve --data-dir "$folder/data" --listen "$address" \
    --set log.filter=error --set shutdown.announce_milliseconds=0 >"$folder/serve.log" 2>&1 &
serving=$!
curl --silent --fail --retry 100 --retry-delay 1 --retry-connrefused --output "$folder/openapi.json" "$url/openapi.json"

token() {
    "$binary" token issue --data-dir "$folder/data" --role data_steward --area "$1" --subject tester
}

cat >"$folder/区划.csv" <<'CSV'
区划代码,级别,名称,朝文名称,上级区划代码,是否农村,起始日期
220000,省,吉林省,,,否,1949-10-01
222400,市州,延边朝鲜族自治州,연변,220000,否,1952-09-03
222405,县市,龙井市,룡정시,222400,否,1988-07-01
222405100,乡镇,朝阳川镇,,222405,是,1988-07-01
222405100201,行政村,龙岩村,,222405100,是,1988-07-01
CSV
export XIUHUA_TOKEN
XIUHUA_TOKEN=$(token 220000)
"$binary" import 区划 "$folder/区划.csv" --area 220000 --address "$url" --quiet

# ---- the document ----

"$tools/bin/python" -m openapi_spec_validator --schema 3.1.0 "$folder/openapi.json"
# It takes one core for two minutes, and asks the suite for nothing more.
"$tools/node_modules/.bin/spectral" lint --ruleset tests/spectral.yaml --fail-severity hint "$folder/openapi.json" \
    >"$folder/spectral.log" 2>&1 &
linting=$!

# ---- the answers ----

# It keeps notes in the folder where it is.
run() {
    local settings=$PWD/tests/schemathesis.toml
    (cd "$folder" && "$tools/bin/st" --config-file "$settings" run openapi.json --url "$url" --workers 2 "$@")
}

XIUHUA_TOKEN=$(token 222400)
failed=0
run --include-method GET --max-examples 10 --phases examples,coverage,fuzzing || failed=1
run --exclude-method GET --max-examples 3 --phases fuzzing || failed=1
wait $linting || failed=1
cat "$folder/spectral.log"
exit $failed
