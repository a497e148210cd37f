#!/usr/bin/env bash
# Training on several nodes of a SLURM cluster, from the root of the repository:
#   sbatch deploy/slurm.sh recipes/qwen3_4b.yaml model_name_or_path=models/Qwen3-4B-Instruct-2507
# The folder is on storage that all nodes share, and .venv-train is set up (make test-train does it).
# At the time limit Slurm ends the run by TERM, on which it stops at once: it keeps the checkpoints of its
# evaluations. The same command goes on from the last of them, and so does a job that Slurm itself starts
# again after a node failed. To have the rest done unattended, send the same command along:
#   sbatch --dependency=afternotok:JOB_ID deploy/slurm.sh recipes/qwen3_4b.yaml model_name_or_path=...
#SBATCH --job-name=pii-sft
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=16
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=slurm-%j.log
set -euo pipefail
umask 077

first=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | sed -n 1p)
# Jobs may share nodes, so each has a port of its own, below those that systems give to clients.
export MASTER_ADDR=$first MASTER_PORT=$((10000 + SLURM_JOB_ID % 20000)) NNODES=$SLURM_NNODES
export FORCE_TORCHRUN=1 NPROC_PER_NODE=${SLURM_GPUS_ON_NODE:-4}
export HF_HUB_OFFLINE=${HF_HUB_OFFLINE:-1}

# Since Slurm 22.05 srun does not take this from sbatch, and gives all processes of a node one core.
export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK

# Every node runs the same command; only its rank differs.
srun --kill-on-bad-exit=1 bash -c 'NODE_RANK=$SLURM_NODEID exec .venv-train/bin/pii-sft train "$@"' \
  pii-sft "$@" +multi_node
