# Freshdesk: webhooks of automation rules.
#
# Freshdesk sends what a rule says. Add rules on ticket creation and on ticket updates, each with the action
# "Trigger Webhook", the encoding JSON, the content "Advanced", and this body. Freshdesk fills the
# placeholders.
#
#   {
#     "freshdesk_webhook": {
#       "ticket_id": "{{ticket.id}}",
#       "ticket_status": "{{ticket.status}}",
#       "ticket_priority": "{{ticket.priority}}",
#       "ticket_source": "{{ticket.source}}",
#       "ticket_group_name": "{{ticket.group.name}}",
#       "ticket_agent_email": "{{ticket.agent.email}}",
#       "triggered_event": "{{triggered_event}}",
#       "performed_by": "requester"
#     }
#   }
#
# `performed_by` is what the rule says under "when an action performed by": requester, agent or system. Write
# one rule for each.
#
# Freshdesk does not send when it happened. Whatever receives the webhook must add that, as `received_at`
# beside `freshdesk_webhook`: RFC 3339 with an offset, kept as it is when the webhook is delivered again.
#
# ticket    `ticket_id`
# team      the name of the group, in small letters
# id        made of ticket, event and time
#
# A status of your own counts as open. Add it below.

def text: if . == null or . == "" then null else tostring end;

def lower: text | if . == null then null else ascii_downcase end;

def priority:
  { low: "low", medium: "normal", high: "high", urgent: "urgent" } as $known
  | lower | if . == null then null else $known[.] // . end;

def event($payload; $type): {
  id: "ticket-\(.ticket_id)-\($type)-\($payload.received_at)",
  source: "freshdesk",
  type: "ticket.\($type)",
  time: $payload.received_at,
  ticket: .ticket_id,
  team: (.ticket_group_name | lower),
  priority: (.ticket_priority | priority),
  channel: (.ticket_source | lower),
  agent: (.ticket_agent_email | text)
};

def status:
  .ticket_status | lower
  | if . == "pending" or . == "waiting on customer" then "pending"
    elif . == "waiting on third party" then "on_hold"
    elif . == "resolved" then "solved"
    elif . == "closed" then "closed"
    # It may have been pending or resolved before.
    else "reopened"
    end;

. as $payload
| .freshdesk_webhook
| if . == null then empty else . end
| (.triggered_event | tostring) as $what
| def has($name): $what | contains("{\($name):");
  if has("ticket_action") then
    if $what | contains("created") then
      event($payload; "created")
      + { by: (.performed_by | if . == "agent" or . == "system" then . else "customer" end) }
    elif $what | contains("marked_as_spam") then event($payload; "marked_spam")
    elif $what | contains("deleted") then event($payload; "deleted")
    else empty
    end
  elif has("reply_sent") then
    event(
      $payload;
      if .performed_by == "requester" then "customer_replied"
      elif .performed_by == "system" then "bot_replied"
      else "agent_replied"
      end
    )
  # A public note is a message to the customer.
  elif has("note_type") then
    if ($what | contains("private")) then event($payload; "note_added")
    elif .performed_by == "requester" then event($payload; "customer_replied")
    else event($payload; "agent_replied")
    end
  elif has("status") then event($payload; status)
  elif has("priority") or has("group_id") or has("responder_id") then event($payload; "assigned")
  else empty
  end
