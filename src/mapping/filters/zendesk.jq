# Zendesk: webhooks that are subscribed to ticket events (`zen:event-type:ticket.…`).
#
# Subscribe to: created, comment_added, status_changed, priority_changed, group_assignment_changed,
# agent_assignment_changed, merged, marked_as_spam, soft_deleted, permanently_deleted and undeleted. Other
# events give nothing.
#
# ticket    `detail.id`
# team      `detail.group_id`, the group's number. Name it under `was_named` of the agreement, or in `groups`.
# id        `id` of the webhook event: the same in each delivery
# time      `time`, when it happened

# The team of each group of Zendesk, by number. Empty: the number is the team's name.
def groups: {};

def text: if . == null or . == "" or . == "0" or . == 0 then null else tostring end;

def team: text | if . == null then null else groups[.] // . end;

# An event of Vaste: the type, and what stands in the payload of every event.
def event($type): {
  id,
  source: "zendesk",
  type: "ticket.\($type)",
  time,
  ticket: .detail.id,
  team: (.detail.group_id | team),
  priority: (.detail.priority | text | if . == null then null else ascii_downcase end),
  channel: .detail.via.channel
};

# The first comment comes with the ticket, and is no further message. A comment is the first one if it is at
# most two seconds younger than the ticket.
def is_first_comment: (.time | fromdate) - (.detail.created_at | fromdate) <= 2;

def status($current; $previous):
  if $current == "pending" then event("pending")
  elif $current == "hold" then event("on_hold")
  elif $current == "solved" then event("solved")
  elif $current == "closed" then event("closed")
  elif $previous == "solved" or $previous == "closed" then event("reopened")
  else event("resumed")
  end;

def comment:
  .event.comment as $comment
  | if $comment.is_public | not then event("note_added")
    elif is_first_comment then empty
    elif $comment.author.is_staff then event("agent_replied") + { agent: ($comment.author.id | text) }
    else event("customer_replied")
    end;

(.type | ltrimstr("zen:event-type:ticket.")) as $what
| if $what == "created" then
    # Someone else than the customer has written it down, such as an agent on the phone.
    (.detail.submitter_id == null or .detail.submitter_id == .detail.requester_id) as $by_customer
    | event("created") + { by: (if $by_customer then "customer" else "agent" end) }
  elif $what == "comment_added" then comment
  elif $what == "status_changed" then
    status(.event.current | ascii_downcase; .event.previous | tostring | ascii_downcase)
  # Whoever holds the ticket goes on holding it: this event carries the new priority.
  elif $what == "priority_changed" then
    event("assigned") + { priority: (.event.current | text | if . then ascii_downcase else . end) }
  elif $what == "group_assignment_changed" then event("assigned") + { team: (.event.current | team) }
  elif $what == "agent_assignment_changed" then event("assigned") + { agent: (.event.current | text) }
  # Zendesk does not say since when the customer waits, so no ticket takes the wait over. Vaste shows such
  # merges.
  elif $what == "merged" then event("merged") + { into: (.event.target_ticket_id | text) }
  elif $what == "marked_as_spam" then event("marked_spam")
  elif $what == "soft_deleted" or $what == "permanently_deleted" then event("deleted")
  elif $what == "undeleted" then event("reopened")
  else empty
  end
