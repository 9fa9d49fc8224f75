"""Background work: each job finds in the tables what is not done yet, and may run twice."""

from forum.jobs import cleaning, mail, moderation, search, totals
from forum.jobs.schedule import Job, Tools, collected

JOBS: dict[str, Job] = collected(
    mail.SEND_MAIL,
    cleaning.CLEAN_UP,
    cleaning.REMOVE_EMPTIED_MESSAGES,
    totals.RECOMPUTE_TOTALS,
    search.SWEEP_SEARCH,
    moderation.END_TIMED_ACTIONS,
    moderation.RUN_BATCHES,
)

__all__ = ["JOBS", "Job", "Tools"]
