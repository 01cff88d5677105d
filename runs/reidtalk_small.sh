#!/usr/bin/env bash
# A matcher like the one inside the package: trained on drawn people alone, then made small. On two CPU cores it takes
# about two hours; run it again after Ctrl-C and it goes on.
# Usage: runs/reidtalk_small.sh RUN OUT
set -euo pipefail
run=$1 out=$2
if [ ! -f "$run/trained" ]; then
  if [ -f "$run/config.json" ]; then resume=--resume; else resume=; fi
  reidtalk train-dual "$run" $resume
  touch "$run/trained"
fi
reidtalk release "$run" "$out"
