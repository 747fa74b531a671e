"""Makes the tables of stubborn sets for one search after the other, each for what is known then."""

from __future__ import annotations

from attrs import define, field

from ksmcheck.analysis.arms import Entered
from ksmcheck.analysis.judging import Judges
from ksmcheck.analysis.local_states import LocalStates, local_states
from ksmcheck.analysis.stubborn import Stubborn, stubborn
from ksmcheck.analysis.summaries import Runs
from ksmcheck.analysis.symmetry.canonical import Canonical
from ksmcheck.analysis.symmetry.local_images import LocalImages, local_images
from ksmcheck.ir.program import Program


@define(eq=False)
class Tables:
    """``states`` are what they tell apart; ``images`` what renamings do to these, if there are any.

    They remember what they found out about steps, and the last tables.
    """

    program: Program
    states: LocalStates
    images: LocalImages | None
    _runs: Runs
    _judges: Judges
    merging: bool = False
    _last: tuple[Entered, Stubborn] | None = field(default=None)

    @classmethod
    def for_search(
        cls, program: Program, canonical: Canonical | None, merging: bool = False
    ) -> Tables:
        """Tables for searches that store states as ``canonical`` says, or as they are."""
        if canonical is None or canonical.symmetries.trivial:
            return cls(
                program, local_states(program), None, Runs(program), Judges(program), merging
            )
        images = local_images(program, canonical.symmetries)
        return cls(program, images.states, images, Runs(program), Judges(program), merging)

    @property
    def unrenamed(self) -> Tables:
        """Tables for searches that store the same but for renamings."""
        return Tables(self.program, self.states, None, self._runs, self._judges, self.merging)

    def closed(self, entered: Entered) -> Entered:
        """``entered``, and what is entered in the states that stand behind those stored."""
        return entered if self.images is None else self.images.closed(entered)

    def of(self, entered: Entered | None) -> Stubborn:
        """The tables for what is entered; None: nothing is."""
        taken = Entered.nothing(self.states) if entered is None else entered
        if self._last is None or self._last[0] is not taken:
            found = stubborn(
                self.program,
                taken,
                self.images,
                self._runs,
                self._judges,
                merging=self.merging,
            )
            self._last = taken, found
        return self._last[1]
