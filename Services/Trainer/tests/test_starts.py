"""What is told of the models that a network went on from."""

from trainer import card
from trainer.starts import epochs_of, knows_another_split, limits_of, starts_of

FER2013 = {"name": "m", "version": "1", "epochs": 80, "data": card.FER2013, "licence": card.LICENCE}
OWN = {"name": "own", "version": "1", "epochs": 20, "data": "pictures of the operator's own (42)"}
OWN |= {"licence": card.OWN_LICENCE, "other_split": True}


def test_of_a_joined_network_every_members_start_is_known_once():
    inner = {"epochs": 30, "members": [{"epochs": 30, "start": OWN}]}
    members = [{"start": FER2013}, {"start": None}, {"start": FER2013}, inner]
    joined = {"epochs": 100, "start": None, "members": members}
    assert starts_of(joined) == [FER2013, OWN] and epochs_of(joined) == 200
    assert knows_another_split(joined) and not knows_another_split({"start": FER2013})
    (limit,) = limits_of(starts_of(joined))
    assert "went on from own 1" in limit and "flatter it" in limit


def test_the_card_names_the_data_and_licences_of_all_starts():
    facts = {"counts": {"train": {"sad": 9}, "validation": {"sad": 1}, "test": {}}, "ferplus": False, "seed": 1}
    facts |= {"validation_share": 0.1, "duplicates_of_test_removed": 0, "folder": True}
    assert card.data_of(facts, 0, [FER2013, OWN, FER2013])["before"] == f"{card.FER2013} and {OWN['data']}"
    assert card.data_of(facts, 0)["before"] is None
    licence = card._licence(False, [FER2013, OWN])
    assert licence == f"{card.LICENCE} They began as those of own 1: {card.OWN_LICENCE}"
    # The first versions noted no licence.
    assert card._licence(False, [FER2013 | {"licence": None}]) == card.LICENCE
