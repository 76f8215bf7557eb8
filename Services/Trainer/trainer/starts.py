"""What a network went on from: one exported model, or, of a joined network, those that its members went on from."""


def starts_of(content: dict) -> list[dict]:
    """The models that a network went on from, each once, by its checkpoint's content, its recipe or its run's facts."""
    found = [start] if (start := content.get("start")) else []
    for member in content.get("members", []):
        found += starts_of(member)
    return [start for place, start in enumerate(found) if start not in found[:place]]


def epochs_of(run: dict) -> float:
    """Epochs of a run and of what it went on from, by its facts or by its recipe."""
    return run["epochs"] + sum(start.get("epochs") or 0 for start in starts_of(run))


def knows_another_split(content: dict) -> bool:
    """Whether something that a network went on from had at some time learned from another split than the network did."""
    return any(start.get("other_split") for start in starts_of(content))


def limits_of(starts: list[dict]) -> list[str]:
    """What a card says of those that had learned from another split, or from other data."""
    limits = []
    for start in starts:
        if start.get("other_split"):
            known = start.get("data")
            data = f" The limits of what that one learned from ({known}) are its own too." if known else ""
            limits.append(
                f"It went on from {start['name']} {start['version']}, which had at some time learned from another split: "
                "unless that was of other faces altogether, the figures of the validation split and what was fitted on it "
                f"flatter it.{data}"
            )
    return limits
