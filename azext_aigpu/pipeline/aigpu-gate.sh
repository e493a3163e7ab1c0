#!/bin/sh
# Plans GPU node pools on a pull request, and applies the plan that was approved. Any POSIX shell, az and its extension.
#
#   aigpu-gate.sh install   get the extension: $AIGPU_WHEEL, whose SHA-256 must be $AIGPU_WHEEL_SHA256
#   aigpu-gate.sh check     judge the Terraform plans in $AIGPU_TFPLANS; asks Azure nothing
#   aigpu-gate.sh plan      plan the specs in $AIGPU_SPECS with the overlays in $AIGPU_OVERLAYS
#   aigpu-gate.sh apply     apply that plan, if its digest is $AIGPU_DIGEST
#
# Lists have blanks between their parts. plan writes into $AIGPU_OUT (default aigpu-plan):
#   plan.json    the plan file, for apply          comment.md   digest and diff, for people
# and says to the pipeline, as outputs: changes (true or false) and digest.
# Ends with 0 where all is well, and otherwise with the exit code of az aigpu.
set -eu
set -f

out=${AIGPU_OUT:-aigpu-plan}
most_of_comment=60000

fail() {
    printf 'aigpu-gate: %s\n' "$1" >&2
    exit 2
}

# The value $2 of the output $1, in the way of the code host that runs this.
output() {
    printf '%s=%s\n' "$1" "$2"
    if [ -n "${GITHUB_OUTPUT:-}" ]; then
        printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
    fi
    if [ -n "${TF_BUILD:-}" ]; then
        printf '##vso[task.setvariable variable=%s;isOutput=true]%s\n' "$1" "$2"
    fi
}

digest_of() {
    sed -n 's/^ "digest": "\(sha256:[0-9a-f]\{64\}\)"$/\1/p' "$1"
}

# What somebody wrote into a spec stays text: indented, it is code to Markdown, whatever stands in it.
as_code() {
    head -c "$most_of_comment" "$1" | sed -e '/^WARNING: /d' -e 's/^/    /'
    if [ "$(wc -c <"$1")" -gt "$most_of_comment" ]; then
        printf '\n\nThe rest is cut off; it is in the log of this run.\n'
    fi
}

install() {
    wheel=${AIGPU_WHEEL:-}
    [ -n "$wheel" ] || fail 'set AIGPU_WHEEL to the address or the path of the wheel'
    case $wheel in
    https://*)
        curl --fail --silent --show-error --location --proto '=https' --output-dir "${TMPDIR:-/tmp}" --remote-name "$wheel"
        wheel=${TMPDIR:-/tmp}/${wheel##*/}
        ;;
    esac
    [ -n "${AIGPU_WHEEL_SHA256:-}" ] || fail 'set AIGPU_WHEEL_SHA256 to the SHA-256 of the wheel'
    printf '%s  %s\n' "$AIGPU_WHEEL_SHA256" "$wheel" | sha256sum --check --quiet
    az extension add --yes --source "$wheel"
}

check() {
    [ -n "${AIGPU_TFPLANS:-}" ] || fail 'set AIGPU_TFPLANS to what terraform show -json wrote'
    set --
    for file in $AIGPU_TFPLANS; do
        set -- "$@" "$file"
    done
    az aigpu check --tfplan "$@" --output table
}

plan() {
    [ -n "${AIGPU_SPECS:-}" ] || fail 'set AIGPU_SPECS to the spec files'
    set --
    for file in $AIGPU_SPECS; do
        set -- "$@" --file "$file"
    done
    for file in ${AIGPU_OVERLAYS:-}; do
        set -- "$@" --overlay "$file"
    done
    mkdir -p "$out"
    rm -f "$out/plan.json" "$out/comment.md"
    code=0
    az aigpu nodepool plan "$@" --plan-file "$out/plan.json" --exit-code --output none 2>"$out/plan.txt" || code=$?
    cat "$out/plan.txt" >&2
    case $code in
    0) changes=false ;;
    4) changes=true ;;
    *)
        {
            printf '### GPU node pools: refused\n\n'
            as_code "$out/plan.txt"
        } >"$out/comment.md"
        return "$code"
        ;;
    esac
    digest=$(digest_of "$out/plan.json")
    [ -n "$digest" ] || fail "$out/plan.json has no digest"
    {
        printf '### GPU node pools: %s\n\n' "$([ "$changes" = true ] && echo 'a plan to approve' || echo 'no changes')"
        printf 'Digest: \140%s\140\n\n' "$digest"
        as_code "$out/plan.txt"
    } >"$out/comment.md"
    output changes "$changes"
    output digest "$digest"
}

apply() {
    [ -n "${AIGPU_DIGEST:-}" ] || fail 'set AIGPU_DIGEST to the digest that was approved'
    # Who approved this digest has approved what it takes away, too: nobody is there to be asked again.
    az aigpu nodepool apply --plan-file "$out/plan.json" --digest "$AIGPU_DIGEST" --yes --output table
}

case ${1:-} in
install | check | plan | apply) "$1" ;;
*) fail "wanted is one of install, check, plan, apply; seen is '${1:-}'" ;;
esac
