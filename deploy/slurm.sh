#!/usr/bin/env bash
# Training on several nodes of a SLURM cluster, from the root of the repository:
#   sbatch deploy/slurm.sh recipes/qwen3_4b.yaml model_name_or_path=models/Qwen3-4B-Instruct-2507
# The folder is on storage that all nodes share, and .venv-train is set up (make test-train does it).
#SBATCH --job-name=pii-sft
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=16
#SBATCH --time=24:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --output=runs/slurm-%j.log
set -euo pipefail
umask 077

first=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | sed -n 1p)
export MASTER_ADDR=$first MASTER_PORT=29500 NNODES=$SLURM_NNODES
export FORCE_TORCHRUN=1 NPROC_PER_NODE=${SLURM_GPUS_ON_NODE:-4}
export HF_HUB_OFFLINE=${HF_HUB_OFFLINE:-1}

# Every node runs the same command; only its rank differs.
srun --kill-on-bad-exit=1 bash -c 'NODE_RANK=$SLURM_NODEID exec .venv-train/bin/pii-sft train "$@"' \
  pii-sft "$@" +multi_node
