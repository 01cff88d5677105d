#!/usr/bin/env bash
# The demo's numbers in docs/RESULTS.md. Usage: runs/demo.sh OUT
set -euo pipefail
reidtalk demo --out "$1"
