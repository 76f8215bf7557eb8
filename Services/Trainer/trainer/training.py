"""The loop of a training process. All randomness of a step follows from (seed, step, process), so a checkpoint holds no
generator states, and a run that was killed and resumed computes what the uninterrupted one would have."""

import copy
import dataclasses
import itertools
import os
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
import torch.distributed as distributed
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import swa_utils

from trainer import CLASSES, checkpoint, curves, prepare, restore, schedule
from trainer.augment import augment, harden
from trainer.config import Config
from trainer.errors import InputError, note
from trainer.files import write_rows
from trainer.model import build, check_side, cost
from trainer.precision import gains_by_bf16
from trainer.predict import logits_of, normalised
from trainer.progress import Progress, used_memory
from trainer.teacher import Teachers

SETTINGS = ("momentum", "nesterov", "weight_decay")
"""What a configuration says to the optimiser; the rate follows the schedule."""


def targets_of(part: prepare.Part, votes_weight: float, smoothing: float) -> Tensor:
    """float [N, 7]: the original label, blended with FER+ votes where there are any, then smoothed.

    Copies of a picture that carry several labels have the mean of these: a network cannot tell them apart.
    """
    labels = functional.one_hot(torch.from_numpy(part.labels), len(CLASSES)).float()
    for group in prepare.several_labels(part):
        labels[group] = labels[group].mean(dim=0)
    votes = torch.from_numpy(part.votes)
    weight = votes_weight * (votes.sum(dim=1, keepdim=True) > 0)
    blended = labels * (1 - weight) + votes * weight
    return blended * (1 - smoothing) + smoothing / len(CLASSES)


class Training:
    """A run's state and its loop."""

    def __init__(self, config: Config, data: prepare.Data, run: Path, rank: int) -> None:
        self.device = torch.device("cuda", rank) if torch.cuda.is_available() else torch.device("cpu")
        self.asked_for_half = config.half
        # What is done, so that the checkpoint and the report say so.
        config = dataclasses.replace(config, half=config.half and gains_by_bf16(self.device.type))
        self.config, self.data, self.run, self.rank = config, data, run, rank
        faces = data.train
        if 0 < config.train_faces < len(faces):
            faces = prepare.subset(faces, config.train_faces, data.facts["seed"])
        self.images = torch.from_numpy(faces.images)
        self.targets = targets_of(faces, config.votes_weight, config.label_smoothing)
        torch.manual_seed(config.seed)
        network = build(config.network, config.dropout)
        if config.small_until:
            check_side(network, config.small_side)
        self.path = run / "checkpoint.pt"
        self.start = restore.identity(Path(config.start), data.facts) if config.start else None
        if config.start and not self.path.exists():
            restore.restore(Path(config.start), network, torch.cat(list(itertools.islice(self._clean_batches(), 8))))
        network.to(self.device, memory_format=torch.channels_last)
        self.network = network
        self.average = copy.deepcopy(network).eval()
        decayed = [p for p in network.parameters() if p.ndim > 1]
        others = [p for p in network.parameters() if p.ndim <= 1]
        self.optimizer = torch.optim.SGD(
            [{"params": decayed, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=0.0,
            momentum=config.momentum,
            nesterov=config.momentum > 0,
        )
        self.step, self.elapsed, self.history = 0, 0.0, []
        self.loss_sum, self.loss_count = 0.0, 0
        self.teacher = Teachers(config.teacher, data.facts, config.half) if config.teacher.checkpoints else None
        if self.path.exists():
            self._resume()
        # Each process keeps its own batch norm statistics; the first one's are evaluated and saved.
        self.parallel = (
            nn.parallel.DistributedDataParallel(network, forward_sync_buffers=False, gradient_as_bucket_view=True)
            if config.processes > 1
            else network
        )
        self.global_batch = config.batch * config.processes
        self.steps_per_epoch = len(self.images) // self.global_batch
        if not self.steps_per_epoch:
            raise InputError(
                f"{len(self.images)} training faces do not fill one batch of {self.global_batch} ({config.processes} processes "
                f"of {config.batch}): it takes more faces, or a configuration with less of either"
            )
        self.order, self.order_epoch = None, -1

    def fit(self) -> None:
        """Train until the budget is used up; writes checkpoint.pt, metrics.csv and, at the end, final.pt."""
        began, saved_at, saved_step = time.monotonic() - self.elapsed, time.monotonic(), self.step
        parent = os.getppid()
        share = self._share()
        if share >= 1 and self._is_final():
            if self.rank == 0:
                print(
                    f"{self.run}: is finished already, after {self.step} steps: a larger budget would go on from there",
                    flush=True,
                )
            return
        if self.rank == 0:
            self._say_start()
            self.progress = Progress(share, self.step, self.global_batch, self.steps_per_epoch)
        while True:
            self.elapsed = time.monotonic() - began
            share = self._share()
            if share >= 1:
                break
            if os.getppid() != parent:
                # The launcher was killed: end too, or two lives of one run would write the same checkpoint.
                raise SystemExit(1)
            self._train_step(share)
            if self.step % self.steps_per_epoch == 0:
                self._end_epoch(share, time.monotonic() - began)
            due = (
                self.step - saved_step >= self.config.checkpoint_steps
                if self.config.checkpoint_steps
                else time.monotonic() - saved_at >= self.config.checkpoint_seconds
            )
            if due and self.rank == 0:
                self.elapsed = time.monotonic() - began
                self._save(self.path)
                saved_at, saved_step = time.monotonic(), self.step
        if self.rank == 0:
            # As trained, so that a run whose budget is raised goes on as if it had never ended.
            self._save(self.path)
            validated = self._make_batch_norm_precise() if self.config.precise_batch_norm else self._validated()
            if self.history and self.history[-1]["step"] == self.step:
                # This step's row is measured anew, with the statistics that are saved.
                self.loss_sum, self.loss_count = self.history.pop()["train_loss"], 1
            self._record(1.0, *validated)
            self._save(self.run / "final.pt")
            self.progress.close()
            last = self.history[-1]
            print(
                f"done: {self.step} steps in {self.elapsed / 60:.1f} min, validation "
                f"{100 * last['validation_accuracy']:.2f} %; {used_memory()} in each process",
                flush=True,
            )

    def _make_batch_norm_precise(self) -> tuple[float, float]:
        """Take batch norm's statistics of faces as they are, where the validation split's loss is the lower for it.

        It mostly is. Of a wide network that was taught by others it was the higher: 0.819 in place of 0.810
        (results/vgg-l-1). Returns loss and accuracy of what is kept.
        """
        trained, before = copy.deepcopy(self.average), self._validated()
        swa_utils.update_bn(self._clean_batches(), self.average, self.device)
        after = self._validated()
        if after[0] <= before[0]:
            return after
        self.average = trained
        # What is done, so that final.pt and the report say so.
        self.config = dataclasses.replace(self.config, precise_batch_norm=False)
        print(
            f"batch norm's statistics stay as gathered in training: with those of the faces as they are the validation "
            f"loss would be {after[0]:.4f} in place of {before[0]:.4f}",
            flush=True,
        )
        return before

    def _is_final(self) -> bool:
        """Whether final.pt is of this very step: it is left as it is, since others may have learned from it."""
        path = self.run / "final.pt"
        return path.exists() and checkpoint.load(path)["step"] == self.step

    def _share(self) -> float:
        """Used share of the budget, 0…1, the same in all processes (the first one's clock counts)."""
        budget = self.config.budget
        if budget.steps:
            return self.step / budget.steps
        if budget.epochs:
            return self.step / (budget.epochs * self.steps_per_epoch)
        share = torch.tensor([self.elapsed / (60 * budget.minutes)], dtype=torch.float64)
        if self.config.processes > 1:
            distributed.broadcast(share, src=0)
        return share.item()

    def _train_step(self, share: float) -> None:
        config = self.config
        epoch, position = divmod(self.step, self.steps_per_epoch)
        if self.order_epoch != epoch:
            self.order = torch.from_numpy(np.random.default_rng([config.seed, epoch]).permutation(len(self.images)))
            self.order_epoch = epoch
        start = position * self.global_batch + self.rank * config.batch
        index = self.order[start : start + config.batch]
        seed = int(np.random.SeedSequence([config.seed, self.step, self.rank]).generate_state(1, np.uint64)[0] >> 1)
        torch.manual_seed(seed)  # dropout draws from the global generator
        generator = torch.Generator().manual_seed(seed)
        clear, targets = augment(
            self.images[index].to(self.device),
            self.targets[index].to(self.device),
            schedule.side(config, share),
            config.augmentation,
            share < config.mixing_until,
            generator,
        )
        images = self._normalised(harden(clear, config.augmentation, generator) * 255)
        for group in self.optimizer.param_groups:
            group["lr"] = schedule.rate(config, share)
        with torch.autocast(self.device.type, dtype=torch.bfloat16) if config.half else nullcontext():
            logits = self.parallel(images)
        loss = functional.cross_entropy(logits.float(), targets)
        if self.teacher:
            loss = self.teacher.blend(loss, logits.float(), clear * 255)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.step += 1
        self.loss_sum, self.loss_count = self.loss_sum + loss.item(), self.loss_count + 1
        if self.rank == 0:
            self._follow()
            self.progress.show(self.step, share)

    def _normalised(self, levels: Tensor) -> Tensor:
        facts = self.data.facts
        images = normalised(levels, facts["mean"], facts["deviation"])
        return images.contiguous(memory_format=torch.channels_last)

    def _clean_batches(self) -> Iterator[Tensor]:
        """The training faces as they are, normalised, each once, in batches of at most 256 that are about equally large.

        In an order of its own: a folder per class would give batches of one class.
        """
        order = torch.from_numpy(np.random.default_rng(self.config.seed).permutation(len(self.images)))
        for index in order.tensor_split(-(-len(order) // 256)):
            yield self._normalised(self.images[index].unsqueeze(1).float().to(self.device))

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the average towards the weights; the decay grows from 0.1 so that the start is soon forgotten."""
        decay = min(self.config.average, (1 + self.step) / (10 + self.step))
        pairs = zip(self.average.state_dict().values(), self.network.state_dict().values())
        mine, theirs = zip(*((a, b) for a, b in pairs if a.is_floating_point()))
        torch._foreach_lerp_(list(mine), list(theirs), 1 - decay)

    def _end_epoch(self, share: float, elapsed: float) -> None:
        epoch = self.step // self.steps_per_epoch
        if self.rank == 0 and epoch % self.config.validate_every == 0:
            self.elapsed = elapsed
            self._record(share, *self._validated())

    def _validated(self) -> tuple[float, float]:
        """Cross-entropy and accuracy of the averaged network on the validation split."""
        facts, part = self.data.facts, self.data.validation
        logits = torch.from_numpy(logits_of(self.average, part.images, facts["mean"], facts["deviation"]))
        labels = torch.from_numpy(part.labels)
        return functional.cross_entropy(logits, labels).item(), (logits.argmax(1) == labels).float().mean().item()

    def _record(self, share: float, loss: float, accuracy: float) -> None:
        """Add a row to metrics.csv (rewritten whole, so a resume leaves no doubles)."""
        row = {
            "epoch": round(self.step / self.steps_per_epoch, 2),
            "step": self.step,
            "minutes": round(self.elapsed / 60, 2),
            "budget_used": round(share, 4),
            "rate": round(schedule.rate(self.config, share), 5),
            "side": schedule.side(self.config, share),
            "train_loss": round(self.loss_sum / max(1, self.loss_count), 4),
            "validation_loss": round(loss, 4),
            "validation_accuracy": round(accuracy, 5),
        }
        self.loss_sum, self.loss_count = 0.0, 0
        self.history.append(row)
        write_rows(self.run / "metrics.csv", self.history)
        curves.draw(self.history, self.run / "curves.png")
        self.progress.say(
            f"epoch {row['epoch']:g}  {row['minutes']:.1f} min ({100 * share:.0f} %)  loss {row['train_loss']:.3f}  "
            f"validation {100 * row['validation_accuracy']:.2f} %"
        )

    def _save(self, path: Path) -> None:
        checkpoint.save(
            path,
            {
                "config": dataclasses.asdict(self.config),
                "facts": self.data.facts,
                "teachers": self._teachers(),
                "start": self.start,
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "steps_per_epoch": self.steps_per_epoch,
                "elapsed": self.elapsed,
                "loss": [self.loss_sum, self.loss_count],
                "history": self.history,
            },
        )

    def _resume(self) -> None:
        content = checkpoint.load(self.path)
        checkpoint.check_same_run(self.path, content, self.config, self.data.facts, self._teachers(), self.start)
        checkpoint.load_weights(self.path, self.network, content["network"])
        checkpoint.load_weights(self.path, self.average, content["average"])
        # The buffers are the run's, the settings are those that the configuration has now and the checkpoint will name.
        settings = [{key: group[key] for key in SETTINGS} for group in self.optimizer.param_groups]
        self.optimizer.load_state_dict(content["optimizer"])
        for group, given in zip(self.optimizer.param_groups, settings):
            group.update(given)
        self.step, self.elapsed, self.history = content["step"], content["elapsed"], content["history"]
        self.loss_sum, self.loss_count = content["loss"]

    def _teachers(self) -> list[str]:
        return self.teacher.digests if self.teacher else []

    def _arithmetic(self) -> str:
        if self.config.half:
            return "bf16"
        return "f32, since this processor is not faster in bf16" if self.asked_for_half else "f32"

    def _say_start(self) -> None:
        if self.start and self.start.get("other_split"):
            note(
                f"{self.start['name']} {self.start['version']} learned from another split: unless these are other faces "
                "altogether, it knows some of the validation split, which then flatters accuracy and calibration"
            )
        parameters, macs = cost(copy.deepcopy(self.network).cpu())
        print(
            f"{self.config.network}: {parameters / 1e6:.2f} M parameters, {macs / 1e6:.1f} MMAC; {len(self.images)} "
            f"faces, {self.steps_per_epoch} steps an epoch; in {self._arithmetic()}; from step {self.step}, minute "
            f"{self.elapsed / 60:.1f}",
            flush=True,
        )
