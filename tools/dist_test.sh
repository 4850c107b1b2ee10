#!/usr/bin/env bash
# Test on several GPUs: tools/dist_test.sh CONFIG CHECKPOINT GPUS [options of tools/test.py]
# Several machines: set NNODES, NODE_RANK, MASTER_ADDR and PORT on each.
set -euo pipefail

USAGE='Usage: tools/dist_test.sh CONFIG CHECKPOINT GPUS [options of tools/test.py]'
CONFIG=${1:?"CONFIG is missing. $USAGE"}
CHECKPOINT=${2:?"CHECKPOINT is missing. $USAGE"}
GPUS=${3:?"GPUS is missing. $USAGE"}
[[ $GPUS =~ ^[1-9][0-9]*$ ]] || { echo "GPUS is $GPUS, but a positive number is expected. $USAGE" >&2; exit 2; }

python -m torch.distributed.run \
    --nnodes="${NNODES:-1}" --node_rank="${NODE_RANK:-0}" --nproc_per_node="$GPUS" \
    --master_addr="${MASTER_ADDR:-127.0.0.1}" --master_port="${PORT:-29500}" \
    "$(dirname "$0")/test.py" "$CONFIG" "$CHECKPOINT" --launcher pytorch "${@:4}"
