#!/bin/sh
# Asks whether somebody is registered, as JSON over HTTP.
#
#   GATEWAY=http://127.0.0.1:7400 TOKEN=$(xiuhua token issue …) proto/examples/look_up.sh ID_NUMBER
set -eu

ask() {
    curl --silent --show-error --fail-with-body \
        --header "authorization: Bearer $TOKEN" --header "accept-language: zh" "$@"
    echo
}

# Who the token says that we are, and what we may do.
ask "$GATEWAY/v1/caller"

# Purpose and legal basis are kept in the audit. A refusal is a google.rpc.Status: the reason, every wrong field, and a
# text in the language asked for; curl ends with 22 then.
question="{\"idNumber\": \"$1\", \"purpose\": \"减免住院押金\", \"legalBasis\": \"健康扶贫办法\"}"
ask "$GATEWAY/v1/eligibility:check" --json "$question"
