"""The epochs in force: their keys, and which epochs have ended.

What must not break: of an epoch that has ended no key is kept, nor taken again.
"""

from collections.abc import Iterable, Mapping

from schemas.tokens import EpochKeys, Tokens


class Epochs:
    """Keys live in memory only; without any at the start the line is closed. `is_one_missing`: a message has
    told of an epoch whose keys are not here. Every epoch before `in_force_from` has ended.
    """

    def __init__(self, keys: Iterable[EpochKeys]) -> None:
        self._keys: dict[int, EpochKeys] = {}
        self._tokens: dict[int, Tokens] = {}
        self.in_force_from = 0
        self.is_one_missing = False
        self.take(keys)
        self.in_force_from = self.oldest

    @property
    def oldest(self) -> int:
        """Of those whose keys are here: it tells of everybody. 0 without any."""
        return min(self._keys, default=0)

    @property
    def newest(self) -> int:
        return max(self._keys, default=0)

    @property
    def keys(self) -> tuple[EpochKeys, ...]:
        """Of every epoch, the oldest first."""
        return tuple(self._keys[epoch] for epoch in sorted(self._keys))

    @property
    def tokens(self) -> Mapping[int, Tokens]:
        """What makes the tokens of each epoch."""
        return self._tokens

    @property
    def digest_keys(self) -> Mapping[int, bytes]:
        return {epoch: keys.digest_key for epoch, keys in self._keys.items()}

    def has_ended(self, epoch: int) -> bool:
        return epoch < self.in_force_from

    def take(self, keys: Iterable[EpochKeys]) -> None:
        """What the court hands out; of an epoch that has ended meanwhile nothing is taken."""
        for one in keys:
            if one.epoch not in self._keys and not self.has_ended(one.epoch):
                self._keys[one.epoch] = one
                self._tokens[one.epoch] = Tokens(one.token_key)
        self.is_one_missing = False

    def drop_before(self, epoch: int) -> None:
        """The keys of older epochs are here no more."""
        self.in_force_from = max(epoch, self.in_force_from)
        for old in [one for one in self._keys if self.has_ended(one)]:
            del self._keys[old], self._tokens[old]
