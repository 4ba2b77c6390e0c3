#!/bin/bash
# Makes patches anew after code moved: remake.sh COMMIT [NAME...]
#
# Each patch that does not apply any more is applied on COMMIT, where it still
# does, and carried from there to HEAD by git, which follows renamed files. What
# git cannot carry is named and left as it is: make that one by hand. Its What,
# Package and Killed-by lines stay; correct them when the package moved too.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
from=$1
shift
work=$(mktemp -d)
trap 'git worktree remove --force "$work/tree" 2>/dev/null || true; rm -rf "$work"' EXIT

patches=(test/mutants/*.patch)
if (($#)); then
	patches=("${@/#/test/mutants/}")
	patches=("${patches[@]/%/.patch}")
fi
failed=0
git worktree add -q --detach "$work/tree" "$from"
cd "$work/tree"
mine() { git -c user.name=remake -c user.email=remake@localhost "$@"; }
for patch in "${patches[@]}"; do
	new=$root/$patch
	if patch -s -p1 -d "$root" --dry-run --no-backup-if-mismatch <"$new" >/dev/null 2>&1; then
		continue
	fi
	git checkout -q --force --detach "$from"
	if ! git show "$from:$patch" | patch -s -p1 --no-backup-if-mismatch >/dev/null; then
		echo "$patch: does not apply on $from"
		failed=$((failed + 1))
		continue
	fi
	mine commit -qam mutant
	mutant=$(git rev-parse HEAD)
	git checkout -q --detach "$(git -C "$root" rev-parse HEAD)"
	if ! mine cherry-pick -X find-renames=40% "$mutant" >/dev/null 2>&1; then
		echo "$patch: git cannot carry it; conflicts in $(git diff --name-only --diff-filter=U | tr '\n' ' ')"
		git cherry-pick --abort 2>/dev/null || git reset -q --hard
		failed=$((failed + 1))
		continue
	fi
	{
		sed '/^--- /,$d' "$new"
		git diff HEAD^ HEAD | grep -vE '^(diff --git|index) '
	} >"$work/patch"
	cp "$work/patch" "$new"
	echo "$patch: made anew"
done
((failed == 0)) || exit 1
