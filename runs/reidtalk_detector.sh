#!/usr/bin/env bash
# A person detector like the one inside the package: trained on drawn scenes alone. On two CPU cores it takes about
# an hour; run it again after Ctrl-C and it goes on.
# Usage: runs/reidtalk_detector.sh RUN; then: reidtalk index FOOTAGE --to INDEX --detector RUN
set -euo pipefail
if [ -f "$1/config.json" ]; then resume=--resume; else resume=; fi
reidtalk train-detector "$1" $resume
