"""What a training run shows while it goes on, and what a command used."""

import resource
import sys
import time

from tqdm import tqdm

SECONDS = 10
"""Between lines where the output is no terminal."""


class Progress:
    """A bar with the time left on a terminal; elsewhere (a log file, a container) a line every ten seconds.

    share: of the budget that is used already, 0…1; step: already done; batch: faces of a step.
    """

    def __init__(self, share: float, step: int, batch: int, steps_per_epoch: int) -> None:
        self.batch, self.steps_per_epoch = batch, steps_per_epoch
        self.began, self.began_share = time.monotonic(), share
        self.said, self.said_step = self.began, step
        self.terminal = sys.stderr.isatty()
        self.bar = tqdm(
            total=1.0,
            initial=share,
            disable=not self.terminal,
            bar_format="{percentage:3.0f} % |{bar}| {elapsed} gone, {remaining} left  {postfix}",
        )

    def show(self, step: int, share: float) -> None:
        """Called after each step."""
        now = time.monotonic()
        if now - self.said < (1 if self.terminal else SECONDS):
            return
        speed = (step - self.said_step) * self.batch / (now - self.said)
        epoch = step / self.steps_per_epoch
        if self.terminal:
            self.bar.set_postfix_str(f"epoch {epoch:.1f}, {speed:.0f} faces/s", refresh=False)
            self.bar.update(share - self.bar.n)
        else:
            done = share - self.began_share
            left = (now - self.began) * (1 - share) / done / 60 if done > 0 else 0
            print(
                f"  step {step} (epoch {epoch:.1f}, {100 * share:.1f} %)  {speed:.0f} faces/s  {left:.0f} min left",
                flush=True,
            )
        self.said, self.said_step = now, step

    def say(self, line: str) -> None:
        """A line that stays, above the bar."""
        if self.terminal:
            self.bar.write(line)
        else:
            print(line, flush=True)

    def close(self) -> None:
        """End the bar's line."""
        self.bar.close()


def used_memory(who: int = resource.RUSAGE_SELF) -> str:
    """Highest resident memory so far, e.g. "512 MB"; of this process, or of the largest child that has ended."""
    unit = 1 if sys.platform == "darwin" else 1024
    return f"{resource.getrusage(who).ru_maxrss * unit / 1e6:.0f} MB"
