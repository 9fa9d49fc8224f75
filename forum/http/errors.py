"""What is a visitor told when something goes wrong? The only sentences outside the templates."""

import logging
from datetime import datetime
from typing import Any

from flask import Flask, flash, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from forum.core.errors import ForumError, TooSoon
from forum.http.context import actor
from forum.http.times import absolute
from forum.policies.verdict import MUTINGS, Refusal, Verdict

log = logging.getLogger(__name__)

# Refusals of policies. A test compares these keys with Refusal.
REFUSALS: dict[str, Any] = {
    Refusal.NOT_VISIBLE: _l("There is no such page, or you may not see it."),
    Refusal.SIGN_IN: _l("You need to log in first."),
    Refusal.GROUP: _l("Your group %(group)s may not do this."),
    Refusal.NEED_POINTS: _l("%(total)s of %(needed)s points: the group %(group)s may do this."),
    Refusal.BOARD: _l("This board does not allow it to the group %(group)s."),
    Refusal.CLOSED: _l("This thread is closed; it takes no new replies."),
    Refusal.AUTOCLOSED: _l("This thread closed by itself after %(days)s days."),
    Refusal.PENDING: _l("This thread is waiting for approval."),
    Refusal.RECYCLED: _l("This thread is in the recycle bin."),
    Refusal.READ_ACCESS: _l("This thread asks for reading access %(needed)s; yours is %(has)s."),
    Refusal.NOT_YOURS: _l("Only the author may do this."),
    Refusal.HAS_REPLIES: _l(
        "Others have replied already: only a moderator can delete this thread."
    ),
    Refusal.EDIT_WINDOW: _l("A post can be edited for %(minutes)s minutes only."),
    Refusal.MODERATORS_ONLY: _l("This is for the moderators of the board."),
    Refusal.OUTRANKED: _l("You cannot act on a member of equal or higher rank."),
    Refusal.PUNISHED_HARDER: _l(
        "This member is banned or locked, and that is not for your group to change."
    ),
    Refusal.AGAINST_ONESELF: _l(
        "This was decided about yourself or what you wrote, by somebody of your rank or above. "
        "You cannot take it back: appeal against it, and somebody else looks at it."
    ),
    Refusal.LEVEL_TOO_HIGH: _l("You may go up to level %(allowed)s."),
    Refusal.BANNED: _l("This account is banned."),
    Refusal.MUTED: _l("You may not post at the moment."),
    Refusal.MUTED_UNTIL: _l("You are muted until %(until)s: you may read, but not post."),
    Refusal.NOT_POSTABLE: _l("No threads can be started here."),
    Refusal.OWN_POST: _l("This is your own post."),
    Refusal.OWN_DECISION: _l("Somebody else has to look at this."),
    Refusal.BLOCKED: _l("This post was blocked by a moderator."),
    Refusal.PANEL_PASSWORD: _l("Enter your password again to go on."),
    Refusal.HAS_ACCOUNT: _l("You are logged in already."),
    Refusal.REGISTRATION_CLOSED: _l("New accounts cannot be opened at the moment."),
    Refusal.UNCLAIMED: _l("Nobody has taken over this account yet."),
    Refusal.LOCKED: _l("This account is locked. Please ask the administrators."),
    Refusal.FOUNDER_ONLY: _l("Only the founder may do this."),
    Refusal.ADMINISTRATORS_ONLY: _l("This is for the administrators."),
    Refusal.TOO_MANY: _l("Your group may delete at most %(most)s at once."),
    Refusal.ALREADY_CLAIMED: _l("This account has an owner already."),
    Refusal.NETWORK: _l("Nobody can use this site from your network at the moment."),
    Refusal.ONESELF: _l("This is yourself."),
    Refusal.OWN_MESSAGE: _l("You wrote this message yourself."),
    Refusal.NOBODY_READS: _l("This account is locked: nobody would read it."),
    Refusal.YOU_BLOCK: _l("You have blocked this member. Take the block back to write."),
    Refusal.BLOCKS_YOU: _l("This member takes no messages from you."),
    Refusal.TAKES_NO_MESSAGES: _l("This member takes no messages."),
    Refusal.WRONG_STATE: _l("This does not fit the state it is in."),
    Refusal.PREMODERATED: _l("New threads of this board are read first, those of your group too."),
    Refusal.IN_HAND: _l("A large action is at work on this. Please try again in a moment."),
}

# What commands raise: Invalid, Taken, TooSoon, Conflict, NotFound.
SENTENCES: dict[str, Any] = {
    "not_found": _l("There is no such page, or you may not see it."),
    "thread_not_found": _l("The thread does not exist, was deleted, or is waiting for approval."),
    "no_posts_of_author": _l("This member has no post in this thread."),
    "no_older_thread": _l("There is no older thread than this."),
    "no_newer_thread": _l("There is no newer thread than this."),
    "subject_empty": _l("A thread needs a title."),
    "subject_too_long": _l(
        "The title is too long: at most %(most)s characters (Chinese count two)."
    ),
    "message_too_short": _l(
        "The message is too short: at least %(least)s bytes, yours has %(has)s."
    ),
    "message_too_long": _l("The message is too long: at most %(most)s bytes, yours has %(has)s."),
    "flood": _l("Please wait %(retry_after_s)s seconds between two posts."),
    "newbie_wait": _l("New members wait a little: %(retry_after_s)s seconds more."),
    "links_refused": _l("Your group may not post links to other sites."),
    "links_after_replies": _l(
        "Others have replied already: put links to other sites into a reply of your own."
    ),
    "read_access_too_high": _l("You may ask for reading access up to %(most)s."),
    "report_reason": _l("Choose a reason."),
    "report_text": _l("Say in a few words what is wrong, at most %(most)s characters."),
    "edited_meanwhile": _l(
        "Somebody else changed this post while you were writing. Send again to keep your text."
    ),
    "note_too_long": _l("A note has at most %(most)s characters."),
    "report_outcome": _l("Say whether the report is upheld."),
    "report_handled": _l("Somebody has handled this report already."),
    "appeal_text": _l("Say why, in at most %(most)s characters."),
    "appeal_answer": _l("Answer in at most %(most)s characters."),
    "appeal_answered": _l("Somebody has answered this already."),
    "taken_appeal": _l("You have appealed against this already."),
    "word_empty": _l("There is nothing to look for (line %(line)s)."),
    "word_too_long": _l("A word has at most 100 characters (line %(line)s)."),
    "word_parts": _l("A word has at most ten parts (line %(line)s)."),
    "word_gap": _l("A gap has at most 50 characters (line %(line)s)."),
    "word_expression": _l("Regular expressions are not supported (line %(line)s)."),
    "word_replacement_long": _l(
        "A replacement has at most 100 characters and no [ (line %(line)s)."
    ),
    "word_category_long": _l("A category has at most 30 characters."),
    "word_action": _l("Say what the words do."),
    "queue_decision": _l("Say what to do with the posts."),
    "too_many_words": _l("The list has room for %(most)s words."),
    "period_unknown": _l("A span of hours looks like 23:30-08:00."),
    "words_refused": _l("This cannot be posted: it holds words that are not allowed (%(words)s)."),
    "hourly_limit": _l("You have reached the number of posts an hour."),
    "tags_too_long": _l("The tags are too long: at most %(most)s characters."),
    "too_many_tags": _l("A thread has at most %(most)s tags."),
    "tag_width": _l(
        "A tag takes %(least)s to %(most)s characters (Chinese counts two); “%(tag)s” does not."
    ),
    "tag_characters": _l("A tag is made of letters, Chinese characters and digits: “%(tag)s”."),
    "tag_closed": _l("The tag “%(tag)s” was closed by the administrators."),
    "tag_unknown": _l("There is no such tag."),
    "tag_merged_with_itself": _l("A tag cannot be merged with itself."),
    "type_required": _l("Choose a thread type."),
    "type_unknown": _l("This board has no such thread type."),
    "points_short": _l("This costs points: it needs %(needed)s, you have %(has)s."),
    "private_empty": _l("Write something."),
    "private_long": _l("The message is too long: at most %(most)s characters, yours has %(has)s."),
    "message_pace": _l("Please wait %(retry_after_s)s seconds between two messages."),
    "messages_a_day": _l("You have reached the number of messages a day."),
    "strangers_a_day": _l("You have written to enough members for one day."),
    "blocks_full": _l("The list has room for %(most)s members."),
    "conflict": _l("Somebody changed this in the meantime."),
    "no_targets": _l("Nothing is selected."),
    "too_many_targets": _l("At most %(most)s at once."),
    "too_many_batches": _l(
        "%(most)s large actions of yours are at work or wait. Please send this again once one is done."
    ),
    "reason_required": _l("Your group has to give a reason."),
    "reason_too_long": _l("The reason is too long: at most %(most)s characters."),
    "expiry_range": _l("The end lies in the future, at most %(days)s days ahead."),
    "no_such_thread": _l("There is no such thread, or you may not see it."),
    "merge_with_itself": _l("A thread cannot be merged with itself."),
    "merge_across_boards": _l("You may merge threads of one board only."),
    "floors_unreadable": _l("Write floors like 2,5,7-9."),
    "floors_unknown": _l("The thread has none of these floors."),
    "split_opening": _l("The opening post stays; choose floors from 2 on."),
    "split_hidden_first": _l("Floor %(floor)s is hidden and cannot open a thread."),
    "not_punished": _l("This member is neither muted nor banned, or not for you to release."),
    "choice_unknown": _l("Choose one of what is offered."),
    "too_many_pinned": _l("At most %(most)s replies of a thread can be pinned."),
    "pinned_often": _l("You have pinned and unpinned very often. Please wait an hour."),
    "opening_post": _l("The opening post goes with its thread: delete the thread."),
    "taken_network": _l("This network is banned already."),
    "network_unreadable": _l("Write an address or a network like 192.0.2.0/24."),
    "network_too_wide": _l("This network is too wide to be banned."),
    "network_own": _l("This is the network you come from."),
    "already_there": _l("It is there already."),
    "already_undone": _l("This was taken back already."),
    "undo_conflicts": _l("Something is in the way of the undo."),
    "batch_crashed": _l(
        "It failed three times by an error of the forum; what was done is taken back."
    ),
    "batch_left": _l("It failed by an error of the forum, and not all of it could be taken back."),
    "batch_untold": _l("It is done, but not everybody could be told."),
    "nothing_changes": _l("Nothing changes."),
    "nothing_to_undo": _l("Nothing of this can be taken back any more."),
    "name_width": _l(
        "A name takes %(least)s to %(most)s characters (Chinese count two); this one takes %(has)s."
    ),
    "name_characters": _l(
        "A name is made of letters, Chinese characters, digits and _ - . · without blanks."
    ),
    "name_digits": _l("A name needs something besides digits."),
    "name_reserved": _l("This name is reserved."),
    "taken_name": _l("This name is taken, or looks like one that is."),
    "taken_email": _l("This e-mail address belongs to another account."),
    "password_short": _l("A password needs at least %(least)s characters."),
    "password_is_name": _l("The password must not be the name or the e-mail address."),
    "password_wrong": _l("The password is wrong."),
    "password_same": _l("Choose a password other than the one you have."),
    "login_wrong": _l("Name or password is wrong."),
    "account_opened": _l("Welcome! Your account is open."),
    "password_changed": _l(
        "Your password was changed. Everything else that was logged in is logged out."
    ),
    "password_reset": _l("Your password was changed. Log in with it."),
    "email_confirmed": _l("Your e-mail address is confirmed."),
    "letter_sent": _l("A letter is on its way. Open its link to confirm the address."),
    "settings_saved": _l("Your settings are saved."),
    "picture_changed": _l("Your picture is changed."),
    "picture_removed": _l("Your picture is removed."),
    "logged_out_there": _l("Logged out there."),
    "favorite_kept": _l("Added to your favorites."),
    "favorite_let_go": _l("Removed from your favorites."),
    "login_again": _l("To be safe, please log in on this page."),
    "passwords_differ": _l("The two passwords are not the same."),
    "too_many_logins": _l("Too many wrong tries. Please wait %(minutes)s minutes."),
    "too_many_accounts": _l("Too many accounts were opened from your network today."),
    "too_many_mails": _l("Too many letters were asked for. Please wait %(minutes)s minutes."),
    "link_dead": _l("This link is no longer valid. Ask for a new one."),
    "no_own_address": _l(
        "The forum cannot send links yet: its address (FORUM_BASE_URL) is not configured."
    ),
    "no_such_member": _l("There is no such member."),
    "no_claimed_group": _l("No group waits for confirmation."),
    "signature_long": _l("The signature is too long: at most %(most)s characters."),
    "title_long": _l("A title of your own has at most %(most)s characters."),
    "time_zone_unknown": _l("There is no such time zone."),
    "picture_unknown": _l("Choose a picture: JPEG, PNG, GIF or WebP."),
    "picture_too_large": _l("The picture has too many points: at most 40 million."),
    "picture_broken": _l("The picture is damaged."),
    "search_words_missing": _l("Type at least one word, or the name of an author."),
    "search_too_soon": _l("Please wait %(retry_after_s)s seconds between two searches."),
    "too_many_requests": _l("Too many requests. Please wait a little."),
    # What the control panel says.
    "saved": _l("Saved."),
    "deleted": _l("Deleted."),
    "order_saved": _l("The order is saved."),
    "board_created": _l("The board is there. Here is what can be set of it."),
    "board_deleted": _l("The board is deleted."),
    "moderator_appointed": _l("The moderator is appointed."),
    "moderator_removed": _l("The moderator is dismissed."),
    "number_expected": _l("A whole number is missing or is none."),
    "email_missing": _l("Type the e-mail address of the owner."),
    "address_not_web": _l("An address begins with http:// or https://, or with / on this site."),
    "limits_crossed": _l("The most must not be less than the least."),
    "date_range": _l("A date lies between the years %(first)s and %(last)s."),
    "ends_before_start": _l("The end must come after the beginning."),
    "board_name_empty": _l("A board needs a name."),
    "category_has_parent": _l("A category stands on top, below nothing."),
    "board_needs_parent": _l("Choose the category or board it stands below."),
    "board_below_itself": _l("A board cannot stand below itself."),
    "board_too_deep": _l("There are three levels: category, board, sub-board."),
    "board_not_empty": _l("In the way: %(boards)s boards below it and %(threads)s threads in it."),
    "type_name_empty": _l("A thread type needs a name."),
    "type_required_without_types": _l("Types can be required only where there are some."),
    "taken_moderator": _l("This member is a moderator here already."),
    "member_not_active": _l("Nobody can log in to this account."),
    "member_punished": _l("The member is muted or banned: release them first."),
    "group_not_for_moderators": _l("Choose a group with moderators' rights."),
    "group_unknown": _l("There is no such group, or nobody can be put into it."),
    "group_untitled": _l("A group needs a title."),
    "group_rank": _l("No group can have this rank."),
    "group_needed": _l("The forum needs this group."),
    "group_listed_alone": _l("The board %(board)s lists only this group. Change its list first."),
    "group_not_on_ladder": _l("New members start in a group entered by points."),
    "permission_unknown": _l("There is no such permission."),
    "permission_value": _l("A permission's value goes from 0 to %(most)s."),
    "ladder_too_short": _l("The ladder needs two groups at least."),
    "ladder_twice": _l("Two groups begin at %(points)s points."),
    "ladder_lowest": _l("The lowest group must begin at %(points)s."),
    "ladder_zero": _l("One group must begin at 0."),
    "ladder_highest": _l("No group can begin at %(points)s or above."),
    "last_founder": _l("This is the last founder; somebody has to be one."),
    "site_name_empty": _l("The site needs a name."),
    "panel_session_short": _l("A minute at least."),
    "heat_levels_order": _l("Heat levels rise, each greater than the one before."),
    "number_card_unknown": _l("The number card knows threads, posts, digests, total and points:N."),
    "formula_wrong": _l("The formula is not understood at character %(at)s."),
    "formula_unknown_kind": _l("The formula names p%(slot)s, but there is no such point kind."),
    "point_kind_unknown": _l("There is no such point kind."),
    "point_kind_untitled": _l("A point kind needs a title."),
    "point_kind_used": _l("This kind is in use: by transfers, the formula or the number card."),
    "cycle_too_long": _l("A cycle has at most %(most)s hours or minutes."),
    "cycle_wrong": _l("A cycle of hours or minutes needs a length."),
    "amount_too_large": _l("Amounts go up to %(most)s."),
    "announcement_untitled": _l("An announcement needs a title."),
    "announcement_body_or_link": _l("Give a text or a link, one of them."),
    "link_unnamed": _l("A link needs a name."),
}


def sentence(key: str, data: dict[str, Any]) -> str:
    """The words for a failure's key."""
    template = REFUSALS.get(key) or SENTENCES.get(key)
    if template is None:
        log.error("no_sentence", extra={"key": key})
        return str(_("That did not work."))
    words = str(template)
    return str(words % {name: _shown(value) for name, value in data.items()}) if data else words


def _shown(value: Any) -> str:
    return absolute(value, actor().zone) if isinstance(value, datetime) else str(value)


def reason(verdict: Verdict) -> str:
    """Why a policy refused, in words; for pages that show a reason in place of a button."""
    return "" if verdict.refusal is None else sentence(verdict.refusal.value, verdict.data)


def put_on_form(form: Any, error: ForumError) -> None:
    """Show a command's refusal at the field it is about, or on top of the form."""
    words = sentence(error.key, error.data)
    field = getattr(form, "_fields", {}).get(getattr(error, "field", ""))
    if field is None:
        form.form_errors.append(words)
    else:
        field.errors = [*field.errors, words]


def say(message: str, category: str = "good") -> None:
    """A line shown once on the next page. Categories: good, note, warn, bad."""
    flash(message, category)


def _page(status: int, title: str, words: str, **more: Any) -> tuple[str, int]:
    return render_template(
        "errors/error.html", status=status, title=title, words=words, **more
    ), status


def init_app(app: Flask) -> None:
    @app.errorhandler(ForumError)
    def forum_error(error: ForumError) -> Any:
        titles = {
            403: _("You may not do this"),
            404: _("Not found"),
            409: _("Changed in the meantime"),
            429: _("Too fast"),
        }
        title = titles.get(error.status, _("That did not work"))
        page = _page(
            error.status,
            title,
            sentence(error.key, error.data),
            offers_login=error.key == Refusal.SIGN_IN,
            is_muting=error.key in MUTINGS,
            to_appeal=error.data["entry_id"] if error.key == Refusal.AGAINST_ONESELF else None,
            next_path=request.full_path.rstrip("?") if request.method == "GET" else None,
        )
        if isinstance(error, TooSoon):
            return *page, {"Retry-After": str(error.retry_after_s)}
        return page

    @app.errorhandler(CSRFError)
    def csrf_error(_error: CSRFError) -> Any:
        words = _("The form was too old or did not come from this site. Go back and send it again.")
        return _page(400, _("That did not work"), words)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Any:
        status = error.code or 500
        if status < 400:
            return error
        words = {
            404: sentence("not_found", {}),
            405: _("This address is not for that."),
            413: _("What you sent is too large."),
            429: sentence("too_many_requests", {}),
        }.get(status, _("The request could not be understood."))
        titles = {404: _("Not found"), 429: _("Too fast")}
        page = _page(status, titles.get(status, _("That did not work")), words)
        response = app.make_response(page)
        for name, value in error.get_headers():
            if name not in ("Content-Type", "Content-Length"):
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def bug(error: Exception) -> Any:
        log.exception("unexpected", exc_info=error)
        if app.testing:
            raise error
        # The layout reads the database, which may be what failed: a page that needs nothing, not
        # even the context processors of render_template.
        return app.jinja_env.get_template("errors/broken.html").render(), 500
