#!/usr/bin/env bash
# A matcher like the one inside the package: trained on drawn people alone, then made small. Three matchers first, each
# from the one before, that count shapes differently; then the third learns what all three say together. On two CPU
# cores it takes four and a half hours with AMX, some seven without; run it again after Ctrl-C and it goes on.
# Usage: runs/reidtalk_small.sh RUNS OUT [FLAGS for every training, such as --workers 8]
set -euo pipefail
runs=$1 out=$2 flags=("${@:3}")
mkdir -p "$runs"

train() { # NAME FLAGS...: trains the run NAME to its end, or goes on with it
  local run=$runs/$1 resume=
  shift
  [ ! -f "$run/trained" ] || return 0
  [ ! -f "$run/config.json" ] || resume=--resume
  reidtalk train-dual "$run" "$@" "${flags[@]}" $resume
  touch "$run/trained"
}

train colours
train shapes --start-from "$runs/colours" --seed 127 --steps 3584 --lookalikes 2 --attribute-weight 12
train doubts --start-from "$runs/shapes" --seed 131 --steps 3328 --learning-rate 1.5e-3 \
  --mistaken 0.2 --lookalikes 4 --attribute-weight 12
reidtalk release "$runs/shapes" "$runs/shapes-released" --shapes 0.5
reidtalk release "$runs/doubts" "$runs/doubts-released" --shapes 0.7
train taught --start-from "$runs/doubts-released" --seed 139 --steps 768 --passes 3 --learning-rate 1e-3 \
  --mistaken 0.2 --lookalikes 4 --attribute-weight 1 \
  --teachers "$runs/colours" "$runs/shapes-released" "$runs/doubts-released"
reidtalk release "$runs/taught" "$out" --shapes 1 --hats 8
