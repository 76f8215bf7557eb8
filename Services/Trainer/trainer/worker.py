"""One training process: started by trainer.launch as `python -m trainer.worker CONFIG DATA RUN MEETING START [TEACHER…]`; START is empty for random weights."""

import os
import signal
import sys
from pathlib import Path

import torch
import torch.distributed as distributed

from trainer import config as configuration
from trainer import prepare
from trainer.errors import InputError
from trainer.training import Training


def main() -> int:
    config_path, data_path, run, meeting = (Path(argument) for argument in sys.argv[1:5])
    rank = int(os.environ["RANK"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the launcher too, which ends us
    torch.set_num_threads(1)
    try:
        config = configuration.load(config_path, sys.argv[6:], sys.argv[5])
        data = prepare.load(data_path)
        if config.processes > 1:
            backend = "nccl" if torch.cuda.is_available() else "gloo"
            distributed.init_process_group(
                backend, init_method=f"file://{meeting.resolve()}", rank=rank, world_size=config.processes
            )
        Training(config, data, run, rank).fit()
    except InputError as error:
        if rank == 0:
            print(error, file=sys.stderr)
        return 2
    except RuntimeError as error:
        # The first process says what ended it; that the others lost their connection to it is no news.
        if rank == 0 or "onnection" not in str(error):
            raise
        return 1
    if config.processes > 1:
        distributed.destroy_process_group()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
