#!/bin/bash
# Applies each mutant (test/mutants/NAME.patch) to a copy of the files it
# touches, and fails when the test it names does not notice. The working copy
# is never changed: the mutated files go in by `go test -overlay`.
#
# A patch begins with three lines:
#   What: the mistake it makes
#   Package: ./policy
#   Killed-by: TestMatches          (or TestIdentify/name_of_a_row)
#
# Arguments are names of mutants; without any all of them are tried.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

field() { sed -n "s/^$2: //p;/^--- /q" "$1" | head -n 1; }

# exactly makes a -run pattern of one test or row.
exactly() { sed 's#^#^#; s#/#$/^#g; s#$#$#' <<<"$1"; }

overlay() { # patch folder
	local path sep=""
	sed -n 's#^+++ b/##p' "$1" | while read -r path; do
		mkdir -p "$2/$(dirname "$path")"
		cp "$path" "$2/$path"
	done
	patch -s -p1 -d "$2" --no-backup-if-mismatch <"$1" || return 1
	printf '{"Replace":{'
	sed -n 's#^+++ b/##p' "$1" | while read -r path; do
		printf '%s"%s":"%s"' "$sep" "$root/$path" "$2/$path"
		sep=,
	done
	printf '}}\n'
}

try() { # patch
	local name package killer out=$work/out
	name=$(basename "$1" .patch)
	package=$(field "$1" Package)
	killer=$(field "$1" Killed-by)
	if [[ -z $package || -z $killer ]]; then
		echo "$name: its Package or Killed-by line is missing"
		return 1
	fi
	if ! go test -count=1 -timeout 3m -run "$(exactly "$killer")" -v "$package" >"$out" 2>&1 || ! grep -q -- "--- PASS: $killer " "$out"; then
		tail -n 20 "$out"
		echo "$name: $killer does not pass, or does not exist, without the mutant"
		return 1
	fi
	if ! overlay "$1" "$work/$name" >"$work/$name.json"; then
		echo "$name: the patch does not apply any more; make it anew"
		return 1
	fi
	if ! go test -overlay "$work/$name.json" -run '^$' "$package" >"$out" 2>&1; then
		tail -n 20 "$out"
		echo "$name: does not compile"
		return 1
	fi
	if go test -overlay "$work/$name.json" -count=1 -timeout 3m -run "$(exactly "$killer")" -v "$package" >"$out" 2>&1 ||
		! grep -q -- "--- FAIL: $killer " "$out"; then
		echo "$name: SURVIVED $killer ($(field "$1" What))"
		return 1
	fi
	echo "$name: killed by $killer"
}

patches=(test/mutants/*.patch)
if (($#)); then
	patches=("${@/#/test/mutants/}")
	patches=("${patches[@]/%/.patch}")
fi
failed=0
for patch in "${patches[@]}"; do
	try "$patch" || failed=$((failed + 1))
done
if ((failed)); then
	echo "$failed of ${#patches[@]} mutants were not killed as they should be"
	exit 1
fi
echo "all ${#patches[@]} mutants were killed"
