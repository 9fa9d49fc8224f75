"""Where does the index keep its rows? Tables no model describes: the two databases differ in them."""

from sqlalchemy import BigInteger, Date, Text, column, table

# What was indexed of a post, normalised: decides phrases, and says exactly what to take out again.
ROWS = table(
    "search_rows",
    column("post_id", BigInteger),
    column("board_id", BigInteger),
    column("author_id", BigInteger),
    column("created_on", Date),
    column("title", Text),
    column("body", Text),
)
# Posts whose rows are to be made again, or taken out, by the sweep.
STALE = table("search_stale", column("post_id", BigInteger))
# Long threads whose rows are to be made again, and how far the sweep has come. `version` counts the
# times it was asked to: a sweep under way then begins anew.
STALE_THREADS = table(
    "search_stale_threads",
    column("thread_id", BigInteger),
    column("after_floor", BigInteger),
    column("version", BigInteger),
)
