#!/usr/bin/env bash
# The matcher inside the package: trained on drawn people alone, then made small. Resumable: on two CPU cores
# it takes some hours; run it again after Ctrl-C and it goes on.
set -euo pipefail
run=${1:-out/reidtalk-small}
if [ -d "$run" ]; then
    reidtalk train-dual "$run" --resume
else
    reidtalk train-dual "$run" --steps 5000 --seed 123
fi
reidtalk release "$run" src/reidtalk/weights/reidtalk-small
