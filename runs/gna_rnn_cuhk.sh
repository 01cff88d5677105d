#!/usr/bin/env bash
# GNA-RNN on CUHK-PEDES as in the paper: VGG-16 from ImageNet, pretrained on the identities, then trained.
# Usage: runs/gna_rnn_cuhk.sh CUHK-PEDES OUT     (needs the data set, the network for ImageNet's weights, a GPU)
# Published: top-1 19.05, top-10 53.64. Not measured by us yet: the data set is given out on request only.
set -euo pipefail
data=$1 out=$2
reidtalk check cuhk-pedes "$data"
reidtalk pretrain cuhk-pedes "$data" "$out/backbone" --backbone vgg16 --batch-size 128 --learning-rate 3e-4 \
  --max-iters 8000 --workers 8
reidtalk train cuhk-pedes "$data" "$out/run" --backbone vgg16 --backbone-weights "$out/backbone" \
  --word-count-threshold 2 --max-length 50 --max-iters 30000 --val-images-use -1 --save-checkpoint-every 1000 --workers 8
reidtalk evaluate cuhk-pedes "$data" --model "$out/run" --out "$out/evaluation"
reidtalk evaluate cuhk-pedes "$data" --model "$out/run" --protocol original
