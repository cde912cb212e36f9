# The texts of the board in English. Syntax: https://projectfluent.org/fluent/guide/
# To add a language, copy this file, translate it, and add one line to `Language::ALL`.

language = English

# Numbers and times.
count = { $count }
decimal-mark = .
group-mark = ,
percent = { $number }%
unit-days = { $count }{"\u00A0"}d
unit-hours = { $count }{"\u00A0"}h
unit-minutes = { $count }{"\u00A0"}min
unit-seconds = { $count }{"\u00A0"}s
under-a-second = less than 1 s
more-than = over { $wait }
working-days = { $count ->
    [one] 1{"\u00A0"}working day
   *[other] { $count }{"\u00A0"}working days
}
# The same after "more than".
working-days-limit = { $count ->
    [one] 1{"\u00A0"}working day
   *[other] { $count }{"\u00A0"}working days
}
of-open-time = { $time } of open time
of-calendar-time = { $time } of calendar time
under-percent = under { $percent }
weekday = { $number ->
    [1] Mon
    [2] Tue
    [3] Wed
    [4] Thu
    [5] Fri
    [6] Sat
   *[7] Sun
}
month = { $number ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
}
instant = { $weekday } { $day } { $month } { $hour-padded }:{ $minute }
instant-of-year = { $weekday } { $day } { $month } { $year } { $hour-padded }:{ $minute }
date = { $day } { $month } { $year }

# Every page.
title = Response times
as-of = As of { $at } ({ $zone })
languages = Language
you-are-here = You are here
legend-bar = The filled part of a bar is the share of tickets within target. The line across it is the agreed level.
legend-trouble = Teams in trouble come first: those that miss their level, those at risk, then tickets that nobody has agreed to answer. Within each of these they are in alphabetical order, the whole organisation last.
legend-order = Teams are in alphabetical order.
legend-refresh = This page keeps itself up to date.

# The front page.
order = Order
order-trouble = Trouble first
order-name = A–Z
to-team = The team's page
overview-why = { $measure }: { $reason }, { $window }
overview-agreed = agreed { $agreed }
overview-over = { $count } over { $limit }
overview-longest = longest wait
overview-nobody-waits = nobody waits
overview-waits-too-long = Waiting too long
overview-not-agreed = No level is agreed yet.
overview-not-agreed-waits = No level is agreed, and { $count ->
    [one] 1 customer waits
   *[other] { $count } customers wait
} for an answer. Somebody has waited for too long.
overview-unclaimed = { $count ->
    [0] Nobody waits here.
    [one] 1 customer waits, and no team has the ticket.
   *[other] { $count } customers wait, and no team has the tickets.
}
overview-unclaimed-waits = { $count ->
    [one] 1 customer waits, and no team has the ticket.
   *[other] { $count } customers wait, and no team has the tickets.
} Somebody has waited for too long.

# While the data cannot be trusted.
frozen-title = The data is not up to date
frozen-kept = Colours and numbers show the state at { $at }. They stay until the data is up to date again.
frozen-reading = Teams are shown once all events have been read.
not-ready-starting = Vaste has just started.
not-ready-trouble = Vaste does not get new events at the moment.
not-ready-unknown = Vaste does not get events yet.
not-ready-elsewhere = Vaste gets only a part of the events at the moment.
not-ready-behind = Vaste is still reading earlier events.
not-ready-full = There are more open tickets than Vaste can hold. New tickets are not counted.
not-ready-jumped = The clock of Vaste's computer has changed suddenly. Vaste waits to see which time is right.
not-ready-overloaded = Vaste is too slow at the moment. Its computer may have too much to do.

# The state of an objective.
state-met = Met
state-at-risk = At risk
state-missed = Missed
state-insufficient-data = Insufficient data
state-frozen = Not up to date
state-reading = Reading data
state-not-agreed = No level agreed yet
state-unclaimed = Unclaimed
state-as-of = { $state } (as of { $at })
behind-market = Behind the market
pauses-never = Agreed for this objective: the clock never stops.
pauses-pending = Agreed for this objective: the clock stops while the ticket waits for the customer.
pauses-on-hold = Agreed for this objective: the clock stops while the ticket waits for a third party.
pauses-both = Agreed for this objective: the clock stops while the ticket waits for the customer or for a third party.

# The state of a team: its objectives in the worst state.
team-met = { $count ->
    [one] The objective is met
    [2] Both objectives are met
   *[other] All { $count } objectives are met
}
team-at-risk = { $count ->
    [one] 1 objective at risk
   *[other] { $count } objectives at risk
}
team-missed = { $count ->
    [one] 1 objective missed
   *[other] { $count } objectives missed
}
team-insufficient-data = { $count ->
    [one] Insufficient data for 1 objective
   *[other] Insufficient data for { $count } objectives
}
team-not-agreed-why = The team is measured and has its own page, although no level is agreed yet.
unclaimed = Unclaimed
unclaimed-why = Tickets without a team, or whose team has no agreement file. They are shown here so that nobody forgets them.
organisation = Whole organisation

# Measures.
measure = { $measure ->
    [first_reply] First reply
    [next_reply] Next reply
    [update] Update
    [customer_wait] Customer wait
    [agent_work] Handling time
    [resolution] Resolution
    [ownership] Time with the team
    [contacts] Contacts
   *[first_resolution] First resolution
}
measure-explained = { $measure ->
    [first_reply] From the customer's first message to an agent's first reply.
    [next_reply] From the customer's oldest unanswered message to an agent's next reply.
    [update] From one reply of an agent to the next. Time spent waiting for the customer does not count.
    [customer_wait] From the creation of the ticket until it is solved. Time spent waiting for the customer does not count.
    [agent_work] From the creation of the ticket until it is solved. Time spent waiting for the customer or for a third party does not count.
    [resolution] From the creation of the ticket until it is solved. If it is reopened, the clock runs on until it is solved again.
    [ownership] From when the team gets the ticket until it leaves the team or is solved. Time spent waiting for the customer does not count.
    [contacts] How often the customer had to ask again until the ticket was solved: messages after the first one, and reopenings.
   *[first_resolution] From the creation of the ticket until it is solved for the first time.
}

# Objectives.
objective-within = { $measure ->
    [first_reply] First reply within { $target }
    [next_reply] Next reply within { $target }
    [update] Update within { $target }
    [customer_wait] Customer wait within { $target }
    [agent_work] Handling time within { $target }
    [resolution] Resolution within { $target }
    [ownership] Time with the team within { $target }
    [contacts] Contacts: at most { $target }
   *[first_resolution] First resolution within { $target }
}
objective-none-over = { $measure ->
    [first_reply] Nobody waits more than{"\u00A0"}{ $limit } for a first reply
    [next_reply] Nobody waits more than{"\u00A0"}{ $limit } for the next reply
    [update] Nobody waits more than{"\u00A0"}{ $limit } for an update
    [customer_wait] No customer waits more than{"\u00A0"}{ $limit }
    [agent_work] No ticket takes more than{"\u00A0"}{ $limit } to handle
    [ownership] No ticket stays with the team for more than{"\u00A0"}{ $limit }
    [resolution] Nobody waits more than{"\u00A0"}{ $limit } for a resolution
   *[first_resolution] Nobody waits more than{"\u00A0"}{ $limit } for the first resolution
}
agreed-within = { $share } of tickets { $measure ->
    [first_reply] get a first reply within { $target }
    [next_reply] get the next reply within { $target }
    [update] get an update within { $target }
    [customer_wait] keep the customer waiting for at most { $target }
    [agent_work] are handled within { $target }
    [resolution] are solved within { $target }
    [ownership] stay with the team for at most { $target }
    [contacts] are solved with the customer asking again at most { $target } times
   *[first_resolution] are solved for the first time within { $target }
}, counted over { $window }. A verdict needs at least { $minimum ->
    [one] 1 ticket
   *[other] { $minimum } tickets
}.
agreed-none-over = { $measure ->
    [first_reply] Nobody waits more than{"\u00A0"}{ $limit } for a first reply
    [next_reply] Nobody waits more than{"\u00A0"}{ $limit } for the next reply
    [update] Nobody waits more than{"\u00A0"}{ $limit } for an update
    [customer_wait] No customer waits more than{"\u00A0"}{ $limit }
    [agent_work] No ticket takes more than{"\u00A0"}{ $limit } to handle
    [resolution] Nobody waits more than{"\u00A0"}{ $limit } for a resolution
    [ownership] No ticket stays with the team for more than{"\u00A0"}{ $limit }
   *[first_resolution] Nobody waits more than{"\u00A0"}{ $limit } for the first resolution
}. A ticket that waited longer and ended { $measure ->
    [first_reply] unanswered
    [next_reply] unanswered
    [update] without an update
   *[other] unsolved
} counts for { $length }.
agreed-unanswered = Of those that end, at most { $max } may end { $measure ->
    [first_reply] unanswered
    [next_reply] unanswered
    [update] without an update
   *[other] unsolved
}.
targets = { $target } ({ $others })
target-low = low { $target }
target-normal = normal { $target }
target-high = high { $target }
target-urgent = urgent { $target }
window-last-hour = the last hour
window-last = the last { $length }

# The reason for the state of an objective.
share-of = { $share } of { $decided ->
    [one] 1 ticket
   *[other] { $decided } tickets
} { $measure ->
    [contacts] with at most { $target }
   *[other] within { $target }
}; agreed { $agreed }
share-of-none = No tickets counted yet; agreed { $agreed } { $measure ->
    [contacts] with at most { $target }
   *[other] within { $target }
}
nobody-over = Nobody waits more than{"\u00A0"}{ $limit }
somebody-over = { $missed ->
    [one] 1 ticket waited more than{"\u00A0"}{ $limit }
   *[other] { $missed } tickets waited more than{"\u00A0"}{ $limit }
}; { $waiting ->
    [0] none still waiting
   *[other] { $waiting } still waiting
}
below-minimum = a verdict needs { $minimum } tickets
spam-over-target = { $count ->
    [one] 1 over target was marked as spam
   *[other] { $count } over target were marked as spam
}
unanswered-line = { $share } { $measure ->
    [first_reply] ended unanswered
    [next_reply] ended unanswered
    [update] ended without an update
   *[other] ended unsolved
}
unanswered-line-max = { $share } { $measure ->
    [first_reply] ended unanswered
    [next_reply] ended unanswered
    [update] ended without an update
   *[other] ended unsolved
} (agreed: at most { $max })
unanswered-of = { $unanswered } of { $ended } ({ $share })
history-too-short = The data starts at { $at }, after the beginning of the period
why-counts = { $missed ->
    [0] None of { $decided } tickets is over target
    [one] 1 of { $decided } tickets is over target
   *[other] { $missed } of { $decided } tickets are over target
}, and the level allows { $allowed }.
why-at-risk = The level is met, but most of the misses it allows are used up.
why-excess-spam = { $count ->
    [one] The level would be met, but 1 ticket over target was marked as spam: more than the level allows to be over target.
   *[other] The level would be met, but { $count } tickets over target were marked as spam: more than the level allows to be over target.
}
why-unanswered = Too many tickets { $measure ->
    [first_reply] ended unanswered
    [next_reply] ended unanswered
    [update] ended without an update
   *[other] ended unsolved
}: { $share } of { $ended }, and { $max } is the most that is agreed.
why-missed-certain = The level will certainly be missed: of { $minimum } tickets too many would be over target, even if all further ones were within it.
why-few = A verdict needs { $minimum } tickets; so far there are { $decided }.
why-history = The data starts at { $at }, after the beginning of the period.
why-frozen = There is no new verdict while the data is not up to date.
why-none-over-met = Nobody waits longer than agreed.
why-none-over-missed = Somebody has waited longer than agreed, and still waits or never got an answer.

# Waiting now.
waiting-now = { $measure ->
    [ownership] With the team now
   *[other] Waiting now
}
waiting-column = Waiting now
longest-wait = Longest wait
waiting-caption = Waiting now, by measure
over-target-line = { $count } over target
due-soon-line = { $count } due soon
nobody = nobody
wait-since = { $count }, longest { $wait } (since { $at })
nothing-yet = No tickets in the last { $length }: none answered, none waiting, none ended unanswered.
summary-answered = Last { $length }: { $measure ->
    [first_reply] { $answered ->
        [0] no replies
        [one] 1 reply
       *[other] { $answered } replies
    }
    [next_reply] { $answered ->
        [0] no replies
        [one] 1 reply
       *[other] { $answered } replies
    }
    [update] { $answered ->
        [0] no updates
        [one] 1 update
       *[other] { $answered } updates
    }
    [ownership] { $answered ->
        [0] none passed on or solved
       *[other] { $answered } passed on or solved
    }
   *[other] { $answered ->
        [0] none solved
       *[other] { $answered } solved
    }
}
summary-half = { $measure ->
    [contacts] half with at most { $wait }
   *[other] half within { $wait }
}
summary-most = { $measure ->
    [contacts] 90% with at most { $wait }
   *[other] 90% within { $wait }
}

# The page of a team.
objectives = Objectives
readings = How long customers wait
times-are-open = Times are open time.
readings-explained = Each row is a period that ends now. Median: half of the tickets were faster, half slower. "90% within": nine of ten tickets took no longer. "Including those waiting" also counts the tickets that still wait, so a growing queue shows at once.
column-window = Period
column-answered = { $measure ->
    [first_reply] Answered
    [next_reply] Answered
    [update] Updated
    [ownership] Passed on or solved
   *[other] Solved
}
column-half = Median
column-most = { $measure ->
    [contacts] 90% at most
   *[other] 90% within
}
column-most-waiting = { $measure ->
    [contacts] 90% at most, including those waiting
   *[other] 90% within, including those waiting
}
column-given-up = { $measure ->
    [first_reply] Ended unanswered
    [next_reply] Ended unanswered
    [update] Ended without an update
   *[other] Ended unsolved
}
too-few = too few tickets waited that long ({ $count })
none = –
agreement = The agreement
split-caption = Breakdown over { $window }
column-split = Tickets
split-priority = { $priority ->
    [low] low priority
    [normal] normal priority
    [high] high priority
    [urgent] urgent
   *[none] without a priority
}
split-channel = channel
split-channel-other = other channels
ratings = Ratings
row-rated = Customers' ratings
row-reviewed = Reviews of how tickets were handled
ratings-line = Average { $mean } of 5, { $count ->
    [one] 1 rating
   *[other] { $count } ratings
} in { $window }

flags = What changed the figures without a sooner answer
flags-explained = Each of these is normal now and then. Each can also make the figures look better than the service was, so look at them together. In { $window }.
flag-deleted = { $count ->
    [one] 1 waiting ticket was deleted
   *[other] { $count } waiting tickets were deleted
}
flag-spam = { $count ->
    [one] 1 waiting ticket was marked as spam
   *[other] { $count } waiting tickets were marked as spam
}
flag-no-reply-needed = { $count ->
    [one] 1 message was marked as needing no reply
   *[other] { $count } messages were marked as needing no reply
} ({ $share } of all that ended)
flag-reopened = { $count ->
    [one] 1 finished ticket was reopened and then not solved by the same team: if it was late, it stays late
   *[other] { $count } finished tickets were reopened and then not solved by the same team: those that were late stay late
}
flag-answered-before-created = { $count ->
    [one] 1 ticket was answered before it was created, and counts as answered at once
   *[other] { $count } tickets were answered before they were created, and count as answered at once
}
flag-answered-at-once = { $count ->
    [one] 1 answer came within 10 seconds: was it automatic?
   *[other] { $count } answers came within 10 seconds: were they automatic?
}
flag-answered-near-target = { $count ->
    [one] 1 answer came just before its target
   *[other] { $count } answers came just before their targets
}
flag-answered-by-undeclared-team = { $count ->
    [one] 1 answer named a team without an agreement, and counts for the team that holds the ticket
   *[other] { $count } answers named a team without an agreement, and count for the team that holds the ticket
}
flag-answered-by-other-team = { $count ->
    [one] 1 ticket of this team was answered in the name of another team, which has the wait
   *[other] { $count } tickets of this team were answered in the name of other teams, which have the waits
}
flag-created-missing = { $count ->
    [one] 1 ticket was worked on, and nobody said when it was created
   *[other] { $count } tickets were worked on, and nobody said when they were created
}
flag-created-late = { $count ->
    [one] 1 ticket was created later than something had already happened to it: the time before does not count
   *[other] { $count } tickets were created later than something had already happened to them: the time before does not count
}
flag-id-sent-twice = { $count ->
    [one] 1 event was sent twice with different content; the earlier one counts
   *[other] { $count } events were sent twice with different content; the earlier ones count
}
flag-made-by-agent = { $count ->
    [one] 1 ticket was created by an agent: no first reply is due until the customer writes
   *[other] { $count } tickets were created by agents: no first reply is due until the customer writes
}
flag-merged-waiting = { $count ->
    [one] 1 waiting ticket was merged into another one, and its wait does not go on there
   *[other] { $count } waiting tickets were merged into others, and their waits do not go on there
}
flag-moved-waiting = { $count ->
    [one] 1 waiting ticket was passed on to another team
   *[other] { $count } waiting tickets were passed on to other teams
}
flag-paused = { $count ->
    [one] Once the clock was paused
   *[other] { $count } times the clock was paused
}
flag-paused-unanswered = { $count ->
    [one] Once the clock was paused while the customer waited for a reply
   *[other] { $count } times the clock was paused while the customer waited for a reply
}
flag-reopened-for-nothing = { $count ->
    [one] 1 reopening was left out, because its message needed no reply
   *[other] { $count } reopenings were left out, because their messages needed no reply
}
flag-priority-lowered = { $count ->
    [one] 1 waiting ticket was given a lower priority
   *[other] { $count } waiting tickets were given a lower priority
}
flag-wrote-after-solved = { $count ->
    [one] 1 customer wrote on a solved ticket, which was not reopened
   *[other] { $count } customers wrote on solved tickets, which were not reopened
}

# The page of an objective.
heading-agreed = What is agreed
heading-state = How it stands
row-why = Why
row-share = Within target
row-level = Agreed level
row-decided = Tickets counted
row-missed = { $measure ->
    [contacts] Over the agreed number
   *[other] Over target
}
row-spam-over-target = Marked as spam while over target
row-unanswered-max = Agreed at most
row-allowed = Allowance
row-left = Allowance left
row-overspent = Over the allowance
row-over-target = Waiting over target
row-due-soon = Due soon
row-window = Period
row-agreed-on = Agreed on
row-look-again = To be looked at again
row-runbook = What to do
row-name = Name in the file
row-hours = Opening hours
hours-of-each-team = those of each team
hours-of-unclaimed = for unclaimed tickets
levels = Levels over time
column-when = When
column-level = Level
in-force = in force
before-day = before { $day }
since-then = from then on
level-within = { $share } { $measure ->
    [contacts] with at most { $target }
   *[other] within { $target }
}, counted over { $window }, at least { $minimum ->
    [one] 1 ticket
   *[other] { $minimum } tickets
}
level-unanswered = at most { $max } { $measure ->
    [first_reply] unanswered
    [next_reply] unanswered
    [update] without an update
   *[other] unsolved
}
level-none-over = nobody over { $limit }, counted over { $window }
levels-hours = Each time is judged by the opening hours that were in force then.
heading-changes = Changes of the agreement
changes-explained = What was changed in the files, the latest change first, and what the verdicts of the four weeks before it are by the text before and by the text after.
change-loaded = In force since
change-new = The objective is new: no agreement before it had an objective of this name.
change-looser = looser
change-verdicts = The verdicts by both texts
change-pending = The verdicts by both texts are computed as soon as the data is up to date.
change-not-computed = The verdicts by both texts could not be computed here. With the events at hand, this command computes them:
column-setting = Setting
column-former = Before
column-present = After
change-verdict = { $state }: { $missed } of { $decided ->
    [one] 1 ticket
   *[other] { $decided } tickets
} over target
change-verdict-limit = { $state }: { $missed ->
    [one] 1 ticket
   *[other] { $missed } tickets
} over the limit
allowed-among = { $allowed ->
    [one] 1 miss
   *[other] { $allowed } misses
} among { $of } tickets
agreed-on = { $date }, by { $count ->
    [one] 1 person
   *[other] { $count } people
}
decided-explained = { $measure ->
    [first_reply] Counted are the tickets answered in this period, and those over target that still wait or ended unanswered.
    [next_reply] Counted are the tickets answered in this period, and those over target that still wait or ended unanswered.
    [update] Counted are the updates of this period, and the tickets over target that still wait or ended without one.
    [contacts] Counted are the tickets solved in this period.
    [ownership] Counted are the tickets passed on or solved in this period, and those over target that are still with the team or ended unsolved.
   *[other] Counted are the tickets solved in this period, and those over target that still wait or ended unsolved.
}
heading-certainty = How sure this is
interval-wide = These are few tickets, so luck plays a part. If the team goes on like this, between { $low } and { $high } of all its tickets will be within target. (Such a range is right 9 times in 10.)
interval = If the team goes on like this, between { $low } and { $high } of all its tickets will be within target. (Such a range is right 9 times in 10.)
alert-confidence = The alert starts when it is { $confidence } sure that fewer than { $level } will be, and ends when it is less than 50% sure of that.
alert-evidence = Now it is { $probability } sure: { $missed } of { $decided } tickets are over target in { $window }.
alert-evidence-few = Now it is { $probability } sure: { $missed } of { $decided } tickets are over target in { $window }. With so few tickets it must be { $needed } sure instead of { $confidence }.
alert-unanswered = It also starts when it is as sure that more than { $max } { $measure ->
    [first_reply] end unanswered
    [next_reply] end unanswered
    [update] end without an update
   *[other] end unsolved
}.
alert-evidence-unanswered = Now it is { $probability } sure of that: { $missed } of { $decided } ended so in { $window }. The alert needs { $needed }.
alert-plain = The alert follows the verdict.
long-waits-explained = A ticket over target counts as long as it waits, and for one more period after its answer: a long wait weighs more in the share than a short one.
due-soon-explained = Due soon: at least 80% of the target has passed.

# Where missed tickets spent their time.
breakdown = Where missed tickets spent their time
breakdown-explained = { $count ->
    [one] The whole wait of the 1 missed ticket, from its start to its end or to now.
   *[other] The whole wait of all { $count } missed tickets, each from its start to its end or to now.
} A team's time counts only its opening hours.
column-location = Where
column-share = Share
column-time = Time
location-pending = waiting for the customer (pending)
location-on-hold = waiting for a third party (on hold)
location-closed = outside opening hours

# Comparison with others, and the customers' ratings.
market = Compared with others
market-behind = Others do better: a smaller share of our tickets than agreed reaches their level.
market-line = Others achieve { $measure ->
    [contacts] at most { $target }
   *[other] { $target }
}; our tickets within that: { $share }
market-share = { $share } of { $decided }
row-market = { $measure ->
    [contacts] Others achieve at most
   *[other] Others achieve
}
row-market-share = Our tickets within that
row-market-source = Source
row-market-as-of = As of
ratings-by-wait = Is this level good enough for our customers?
ratings-by-wait-explained = Customers' ratings (1 to 5) by how long they had waited, compared with the target.
column-band = { $measure ->
    [contacts] Times they asked
   *[other] Their wait
}
column-ratings = Ratings
column-mean = Average
band-up-to-half = up to half of the target
band-within = more than half, but within the target
band-up-to-double = over the target, up to twice as much
band-beyond = more than twice the target

# Not found.
not-found-title = Page not found
not-found-team = There is no team of this name. It may have been renamed, or its agreement file may be missing.
not-found-objective = This team has no objective of this name. Its agreement may have changed.
not-found-page = The link may be old or incomplete.
back = Back to all teams
back-to-team = Back to the team

# The past.
trend-better = getting better
trend-steady = steady
trend-worse = getting worse
trend-rule = ({ $length } earlier and now; better or worse from two percentage points and three tickets on)
strip-label = The last { $days } days: missed on { $missed }, at risk on { $at-risk }, met on { $met }
strip-caption = The verdict on each of the last { $days } days: a full bar is missed, two thirds at risk, one third met. A day is as most of its hours were.
strip-see-table = The table below has the figures.
heading-past = How it has been
as-table = As a table
column-day = Day
column-day-verdict = Most of the day
column-past-share = Share within target
column-over-target = Over target
column-decided = Counted tickets
plot-share = Share within target, { $window } at each point
plot-over = Tickets over the limit, { $window } at each point
key-share = share within target
key-over = tickets over the limit
key-agreed = agreed
key-market = within the market's target
key-change = the level was changed
heading-week = When customers ask, and when they are answered
week-unheard = { $all ->
    [one] 1 wait
   *[other] { $all } waits
} began in four weeks, { $count } of them in hours of the week in which nobody was answered.
week-arrived = A wait began
week-answered = Somebody was answered
week-legend = The darker, the more in that hour of the week, in the last four weeks. Each column is an hour of the day.
week-hour = { $weekday } { $from }–{ $to }: { $arrived } began, { $answered } answered

# What another target would have meant.
heading-tried = What another target would have meant
tried-explained = Move the target. The figures are those of your own tickets: as if this target had been agreed on four weeks ago, up to { $at }.
tried-caption = Share within each target, { $window }
tried-slider = Target
key-agreed-target = the agreed target
tried-share = Within { $target }: { $share } of { $decided } tickets.
tried-over = Over { $target }: { $count ->
    [one] 1 ticket.
   *[other] { $count } tickets.
}
tried-days = { $known ->
    [0] On no day were there enough tickets for a verdict.
   *[other] It would have been missed on { $missed } of the { $known } days that can still be counted.
}
days-of = { $missed } of { $known }
column-tried-target = Target
column-missed-days = Days missed

# How long tickets have waited.
heading-ages = How long they have waited
column-age = Wait
age-up-to = up to { $to }
age-between = { $from } to { $to }
age-over = over { $from }
legend-strip = The small bars are the last 30 days: a full bar is missed, two thirds at risk, one third met. "Getting better" and "getting worse" compare with a week earlier (a day, where the window is shorter): two percentage points and three tickets or more.
# A page that stays open, and a screen across the room.
connection-lost = No connection to Vaste. The page keeps trying.
connection-lost-as-of = No connection to Vaste. Colours and numbers show the state at { $at }. The page keeps trying.
for-the-operator = For whoever runs Vaste
wall-link = Show on a screen
# Tickets by id, and what may be why a level is missed.
heading-tickets = Tickets over target or due soon
heading-longest-waits = Tickets that have waited longest
tickets-counts = { $over ->
    [one] 1 ticket is over target
   *[other] { $over } tickets are over target
}, { $soon } { $soon ->
    [one] is due soon
   *[other] are due soon
}.
tickets-none = No ticket is over target or due soon.
tickets-first = The first { $count } are listed, the earliest due time first.
tickets-not-whole = The list is still being put together; earlier tickets may be missing.
tickets-more = All { $count } that are listed
tickets-csv = Download as CSV
tickets-without-ids = This Vaste shows no ids of tickets.
column-ticket = Ticket
column-waited = Has waited
column-due = Due
column-left = Time left
column-holder = With
column-priority = Priority
desk = Desk
open-in-desk = Open ticket { $ticket } at the desk
paused = the clock stands still
paused-pending = pending
paused-on-hold = on hold
ticket-left = { $time } left
ticket-over-by = over by { $time }
ticket-stays-over = over by its former priority
ticket-priority = { $priority ->
    [low] low
    [normal] normal
    [high] high
   *[urgent] urgent
}
list-mark = {", "}
why-time = Missed tickets spent their time { $parts }.
cause-unclaimed = unclaimed ({ $percent })
cause-own-team = open with the team ({ $percent })
cause-other-team = with { $team } ({ $percent })
cause-pending = pending for the customer ({ $percent })
cause-on-hold = on hold for a third party ({ $percent })
cause-closed = outside opening hours ({ $percent })
why-waits = { $count ->
    [one] 1 ticket waits over target now
   *[other] { $count } tickets wait over target now
}
why-waits-of-them = { $all }: { $parts }.
cause-waits-unclaimed = { $count } unclaimed
cause-waits-paused = { $count } pending or on hold
cause-waits-closed = { $count } outside opening hours
cause-waits-urgent = { $count } urgent
cause-waits-high = { $count } of high priority
ticket-split = Its events came in two partitions of the topic, so it is not counted. Each event of a ticket needs the ticket's id as its key.
ticket-partial = Its creation is not known: what starts there does not run.
ticket-not-yet = Its first event comes later.
ticket-unknown = No ticket has this id. It may have been evicted after a long rest, or its events have not been read.
ticket-late = The events of this ticket are not at hand now. Try again in a moment.
ticket-similar = Did you mean one of these?
ticket-condition = { $condition ->
    [open] open
    [pending] pending: waits for the customer
    [on_hold] on hold: waits for a third party
    [solved] solved
    [merged] merged
    [deleted] deleted
   *[spam] spam
}
heading-life = What happened
heading-stopwatches = Stopwatches
heading-where-waited = Where the waiting went
column-stopwatch = Stopwatch
column-of = Counts for
column-open-time = Open time
column-elapsed = Calendar time
ticket-column-target = Target
ticket-column-verdict = Verdict
ticket-now = now
ticket-due = Due: { $stopwatch }
ticket-event = { $kind ->
    [created] created
    [customer_replied] the customer wrote
    [took_over] took over
    [agent_replied] an agent replied
    [bot_replied] a bot replied: no answer
    [note_added] an internal note: no answer
    [no_reply_needed] an agent says that no reply is needed
    [assigned] assigned
    [pending] pending: waits for the customer
    [on_hold] on hold: waits for a third party
    [resumed] resumed
    [solved] solved
    [reopened] reopened
    [closed] closed
    [merged] merged
    [deleted] deleted
    [marked_spam] marked as spam
    [rated] rated by the customer
    [reviewed] reviewed
   *[other] a concern
}
ticket-waits-since = whose customer waits since
ticket-score = { $score } of 5
ticket-undeclared = not declared
ticket-stretch = { $place ->
    [open] open
    [closed] outside opening hours
    [pending] pending
    [on_hold] on hold
    [solved] solved
    [gone] gone
   *[idle] open, but nothing to do
}
ticket-pauses = { $pauses ->
    [never] never paused
    [pending] paused while pending
    [on_hold] paused while on hold
   *[both] paused while pending or on hold
}
ticket-ended = { $state ->
    [waiting] waiting
    [paused] paused
    [answered] done
    [deleted-miss] deleted, which stays a miss
    [reopened-miss] reopened and not solved again, which stays a miss
    [deleted] no longer counts: deleted
    [no_reply_needed] no longer counts: no reply needed
    [spam] no longer counts: spam
    [closed] ended without an answer: closed
    [merged] ended without an answer: merged
   *[solved] ended without an answer: solved
}
ticket-not-over = not over
ticket-in-time = in time
ticket-at-rest = with { $time } while the ticket was solved or gone
search = Search
search-label = Ticket id or team
search-no-ticket = No ticket has an id that begins so, or this number.
search-no-team = No team has this in its name.
search-empty = Write the beginning of a ticket's id, its number, or a part of a team's name.
search-teams = Teams
search-more-teams = { $count } teams in all; write more of the name.

# The stream: for developers who publish events.
stream-title = The event stream
stream-link = For developers: the event stream, and records that do not count
stream-intro = For developers who publish events. Counts are since Vaste started. Topic:
stream-current = All events are read, and the board is up to date.
stream-partitions = Partitions
stream-partitions-explained = How far Vaste has read each partition. The board is not up to date until all of them are read to the end.
stream-no-partitions = Vaste does not read any partition yet.
stream-partition = Partition
stream-position = Next offset
stream-end = End
stream-lag = Not read yet
stream-last-event = Latest event
stream-caught-up = Read to the end
stream-yes = yes
stream-no = no
stream-unknown-types = Unknown event types
stream-undeclared-teams = Teams without an agreement
stream-rejected = Rejected records
stream-split-tickets = Tickets in two partitions
stream-explained = { $list ->
    [stream-unknown-types] Records with a type that Vaste does not know are skipped.
    [stream-undeclared-teams] Events of these teams are counted, but their tickets belong to no team with an agreement.
    [stream-rejected] Records that Vaste cannot read are left out. The advice is about the latest of each reason.
   *[stream-split-tickets] Events of these tickets came in more than one partition. The tickets are not counted. Use the ticket's id as the key of all its events.
}
stream-nothing = None since Vaste started.
stream-records = { $count ->
    [one] 1 record:
   *[other] { $count } records, the latest:
}
stream-place = partition { $partition }, offset { $offset }
stream-key = key
stream-source = source
stream-by-filter = A type that the filter of kafka.map has made
stream-did-you-mean = Did you mean
stream-or = or
stream-advice = { $list ->
    [stream-unknown-types] Nothing, if Vaste need not count these events.
   *[other] Write an agreement for the team, or correct the team of the events.
}
stream-others = { $count ->
    [one] One more record has another name.
   *[other] { $count } more records have other names.
}
stream-split-count = { $count ->
    [one] One ticket is not counted.
   *[other] { $count } tickets are not counted.
}
stream-others-split = { $count ->
    [one] One more is not listed.
   *[other] { $count } more are not listed.
}
stream-in-partitions = partitions
stream-reason-of = { $reason ->
    [bad_id] An id is empty, too long, or has characters that are not allowed
    [bad_schema] A field is missing, or its value is not allowed
    [bad_team] The name of the team is not allowed
    [bad_timestamp] The time cannot be read
    [filter_failed] The filter of kafka.map does not work for the record
    [future] The time is in the future
    [malformed] The record is not JSON
    [too_large] The record is too long
   *[unsupported_encoding] The record is not plain JSON in UTF-8
}
past-since = { $state } since { $at }.
trend-figures = { $trend }: { $before } ({ $then }) → { $now } ({ $at })
overview-why-share = { $measure }: { $missed } of { $decided } over { $target }, { $window }
overview-why-limit = { $measure }: { $missed } over { $target }, { $window }

# The agenda of a team, and its forms.
agenda = Agenda
agenda-link = Agenda for the team's talk
agenda-link-concerns = { $count ->
    [one] one open concern
   *[other] { $count } open concerns
}
agenda-link-tickets = { $count ->
    [one] one ticket to talk about
   *[other] { $count } tickets to talk about
}
agenda-sent = Sent. It appears here in a moment.
agenda-refused = It was not written
agenda-away = It could not be sent just now
agenda-kept = Your text is kept in the form below. Correct it or send it again.
agenda-concerns = What worries someone
agenda-no-concerns = No concern is open.
agenda-raised = { $by }, { $at }
agenda-settled = settled by { $by }, { $at }
agenda-open-for = open for { $wait }
agenda-settle = Settled
agenda-raise = Raise a concern
agenda-what-worries = What worries you?
agenda-misses = What was missed
agenda-no-misses = Nothing is missed or at risk.
agenda-time-went = Where the missed tickets spent most time: { $place }, { $share } of it.
agenda-verdicts = How it stands since { $since }
agenda-verdict-changed = { $before } → { $now }
agenda-verdict-same = { $now }, as before
agenda-no-objectives = Nothing is agreed yet.
agenda-decisions = What was decided
agenda-no-decisions = No decision is open.
agenda-decided = { $by }, { $at }
agenda-owner = who: { $owner }
agenda-nobody = nobody yet
agenda-due = until { $date }
agenda-done = done ({ $by }, { $at })
agenda-not-done = not done yet
agenda-late = late
agenda-finish = Done
agenda-decide = Record the decision
agenda-what-decided = What was decided?
agenda-who = Who does it, by role (optional)
agenda-until = Until (optional)
agenda-notes = Notes of the last turns
agenda-no-notes = No notes in the last four weeks.
agenda-noted = { $by }, { $at }
agenda-note = Leave the note
agenda-what-noted = What did you notice during your turn?
agenda-look-again = What to look at again
agenda-nothing-to-look-at = The agreement names no date.
agenda-level = The agreed levels
agenda-look-now = due since { $date }
agenda-look-later = on { $date }
agenda-market-of = what others achieve is from { $date }
agenda-by = Your name
agenda-someone = someone
agenda-no-words = (no words)
agenda-choose = choose
agenda-brought = Brought to the team
agenda-nothing-brought = Nobody has brought a ticket.
agenda-score = score { $score }, 5 is best
turn = Turn of duty
turn-link = What the turn of duty checks
turn-none = The team's agreement has no turns of duty.
own = My own work
own-link = My own work
own-heading = Answers of yours to judge
own-of = This list is for { $member } only.
own-nobody = Only members see their own list. Open this page through the sign-in of your organisation.
own-show = Show my list
own-nothing = Nothing to judge this time.
own-answered = you answered it
own-together = several judge this one
own-score = You gave it { $score }; 5 is best.
check-heading = Tickets to check
check-explained = Tickets on which a wait ended between { $from } and { $to }, by an answer or otherwise: missed ones first, then unanswered ones, then a draw.
check-count = { $done } of { $all } judged
agenda-shares = { $now } now, { $before } then
check-nothing = No wait ended in that time.
check-missed = missed
check-unanswered = unanswered
check-drawn = drawn
check-open = not judged yet
check-done = judged
check-at-desk = at the desk
check-meters = What else to look at
check-unclaimed = { $count ->
    [one] One unclaimed ticket waits
   *[other] { $count } unclaimed tickets wait
}
check-undeclared = { $count ->
    [one] Events name one team without an agreement
   *[other] Events name { $count } teams without an agreement
}
judge = Judge it
judge-score = How was it handled? (5 is best)
judge-choose = choose
judge-not-apply = does not apply
judge-note = Note (optional)
judge-bring = Bring it to the team's talk
judge-send = Save
differ-heading = Judged by several
differ-explained = Scores of the same ticket, the lowest first, without names. Where they differ, talk about what a good answer is.
differ-whole = as a whole
# Turns of duty: the page of a team, and its calendar.
duty = Turn of duty
duty-now = { $who ->
    [named] { $member } has the turn now. It changes { $at }.
    [nobody] Nobody has the turn now, since all members are away. It changes { $at }.
   *[unnamed] The turn changes { $at }.
}
duty-next = { $who ->
    [named] From { $at }, { $member } has the turn.
    [nobody] From { $at }, nobody has the turn, since all members are away.
   *[unnamed] The next turn starts { $at }.
}
duty-swap = The turn was swapped.
duty-absence = The member before in the order is away.
duty-feed = The turns for a calendar program
duty-calendar = Turns of duty: { $team }
duty-event = { $who ->
    [named] Turn of duty, { $team }: { $member }
    [nobody] Turn of duty, { $team }: nobody, all are away
   *[unnamed] Turn of duty, { $team }
}


# The past as a file.
past-csv = Download hour by hour as CSV
# When nobody answers.
week-silent-hours = Nobody answered from { $from }:00 to { $to }:00 in these four weeks.
week-silent-days = Nobody answered on these days: { $days }.
# Levels: one that was tried is taken over, and one is due for another look.
tried-yaml = The lines of this level in the agreement
tried-copy = Copy as YAML
tried-copied = Copied. Put the lines in place of those of the objective that begin with the same words, and keep `name` and `measure`. Then have `vaste check` look at the file.
look-again-due = this day has passed. Look at the agreement, and set a new day.
market-old = more than a year ago. Look up what others achieve now.
own-explained = Tickets on which a wait ended between { $from } and { $to }: a few that you have answered, drawn by lot, and every fourth turn one that several judge. Your words and that the score is yours are shown to nobody else, unless you bring the ticket to the team. The score counts in the average of the team.
own-of-anyone = The list of { $member }. On this machine everyone can choose a name; behind a proxy, only { $member } sees it.
turn-being-made = The list is being made. It appears here in a moment.
agenda-markdown = The agenda as Markdown

# The agenda: what was brought to the team, and what was decided last time.
agenda-not-discussed = waiting to be talked about for { $wait }
agenda-discussed = talked about ({ $by }, { $at })
agenda-discuss = Talked about
agenda-what-came-of-it = What came of it (optional)
agenda-others-brought = { $count ->
    [one] One more ticket was brought.
   *[other] { $count } more tickets were brought.
}
agenda-decided-last = Decided last time: is it done?
agenda-nothing-decided-last = Nothing is left from last time.
agenda-decided-since = Decided since the handover { $at }
agenda-nothing-decided = Nothing has been decided since.
agenda-about = about { $ticket }
agenda-about-ticket = About a ticket that was brought (optional)
agenda-no-ticket = none

# The organisation's agenda: what nobody answers for.
agenda-unanswered-for = What nobody answers for
agenda-all-answered-for = Nothing now.
agenda-longest-wait = the longest for { $wait }
agenda-not-agreed = { $team } has not agreed on a level
agenda-not-agreed-waits = { $count ->
    [one] one ticket waits, for { $wait }
   *[other] { $count } tickets wait, the longest for { $wait }
}
agenda-turn-vacant = { $team }: nobody has the turn of duty
agenda-turn-ends = all members are away; the turn changes { $at }
agenda-without-level = Teams without an agreed level
agenda-without-turns = Teams without turns of duty
agenda-undeclared = Events name the team { $team }, which has no agreement
agenda-undeclared-similar = was { $similar } meant?
agenda-undeclared-advice = write an agreement, or correct the name where events are made
agenda-undeclared-others = Events name further teams without an agreement
agenda-level-of = { $team }: the agreed levels
agenda-objective-of = { $team }: { $objective }

# What became of concerns and decisions.
agenda-raise-again = Open it again
agenda-why-again = Why is it open again?
agenda-raised-again = opened again by { $by }, { $at }
agenda-why = Why (optional)
agenda-move = Another day
agenda-new-day = New day
agenda-moved = moved from { $from } to { $to }
agenda-moved-first = given the day { $to }
agenda-moved-by = ({ $by }, { $at })
agenda-drop = Drop it
agenda-dropped = dropped ({ $by }, { $at })
bring-heading = To talk about
bring-why = What is to be talked about?
bring-send = Bring it to the talk of { $team }
bring-waits = On the agenda of { $team }
check-judged-before = judged before this turn
check-judged-long = not judged yet; last judged { $at }, before the time of this list
differ-awaited = { $judged } of { $asked } have judged

# Why a form was not written.
refused-off = Nothing can be written on this page. The people who run Vaste can change that.
refused-other-site = The form was not sent from this site. Open the page again and send it from there.
refused-no-person = The sign-in does not say who you are. Tell the people who run Vaste.
refused-missing = “{ $field }” is not filled in.
refused-too-long = “{ $field }” is too long. Shorten it to about 250 characters.
refused-unreadable = “{ $field }” has a value that cannot be used. Correct it.
refused-other = The form does not fit the page any more. Load the page again.
refused-too-often = Too much was written in a minute. Wait a minute.
refused-ticket = No ticket has the id { $ticket }.
refused-ticket-similar = No ticket has the id { $ticket }. Was { $similar } meant?
refused-ticket-later = The ticket is not found yet, since not everything is read. Send it again in a moment.
refused-not-stored = It could not be stored. Send it again in a moment.
judge-categories = Scores by category

# What a team reads about its levels and its alerts.
changed = The agreement changed { $at }: { $settings }.
changed-new = The objective is new since { $at }.
row-alert = Alert
alert-none = No alert.
alert-firing = Alert since { $at }: { $kind ->
    [missed] the objective is missed.
    [at_risk] the objective is at risk.
   *[behind_market] the team is behind the market.
}
alert-pending = No alert yet. One follows when { $kind ->
    [missed] the objective has been missed
    [at_risk] the objective has been at risk
   *[behind_market] the team has been behind the market
} for { $hold }, counted from { $at }.
reason-as-of = (as of { $at })
column-last-verdict = Last hour
days-explained = "Most of the day" is the verdict of most hours. The columns after it are those of the last hour of the day.
tried-selected = Could not copy. The lines are selected: press Ctrl+C, or ⌘C on a Mac.
search-tickets = Tickets
search-more-tickets = Only the first { $count } are shown; write more of the id.
