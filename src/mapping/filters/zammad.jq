# Zammad: webhooks of triggers, with the payload that Zammad sends by default.
#
# Add a trigger that runs on each new ticket and on each update. A payload is the ticket as it is, and its
# latest article. It does not say what has changed, so each payload gives the state of the ticket again. That
# changes nothing where it is known.
#
# ticket    `ticket.number`
# team      the name of the group, in small letters
# id        made of the numbers of ticket and article and the time: the same in each delivery
# time      `created_at` of ticket or article, or `ticket.updated_at`
#
# Zammad's own states are known below. Add yours.

def name: if type == "object" then .name else . end;

def lower: name | if . == null then null else ascii_downcase end;

# `2 normal` is normal.
def priority:
  { low: "low", normal: "normal", high: "high" } as $known
  | lower | if . == null then null else (. / " ")[-1] | $known[.] // . end;

# An event of Vaste. `$id` is unique for it within Zammad.
def event($type; $id; $time): {
  id: $id,
  source: "zammad",
  type: "ticket.\($type)",
  time: $time,
  ticket: .ticket.number
};

# Team, priority and agent, as they are now.
def holder:
  event("assigned"; "ticket-\(.ticket.id)-assigned-\(.ticket.updated_at)"; .ticket.updated_at)
  + {
      team: (.ticket.group | lower),
      priority: (.ticket.priority | priority),
      agent: (.ticket.owner | if type == "object" then .login else . end | if . == "-" then null else . end)
    };

def state:
  (.ticket.state | lower) as $state
  | event(
      if $state == "closed" then "solved"
      elif $state == "merged" then "merged"
      elif $state == "pending reminder" then "on_hold"
      elif $state == "pending close" then "pending"
      elif .ticket.close_at == null then "resumed"
      # It has been closed before, whether just now or not.
      else "reopened"
      end;
      "ticket-\(.ticket.id)-\($state)-\(.ticket.updated_at)";
      .ticket.updated_at
    )
  | select($state != "new");

def created:
  (.ticket.create_article_sender | lower) as $sender
  | event("created"; "ticket-\(.ticket.id)-created"; .ticket.created_at)
    + { by: (if $sender == "agent" or $sender == "system" then $sender else "customer" end) };

# The first article comes with the ticket, and is no further message.
def article:
  if .article == null or .article.id == .ticket.article_ids[0] then empty
  else
    (.article.sender | lower) as $sender
    | event(
        if .article.internal then "note_added"
        elif $sender == "customer" then "customer_replied"
        elif $sender == "system" then "bot_replied"
        else "agent_replied"
        end;
        "article-\(.article.id)";
        .article.created_at
      )
      + (
          if .article.internal | not and $sender == "agent" then
            { agent: (.article.created_by | if type == "object" then .login else . end) }
          else {}
          end
        )
  end;

if .ticket == null then empty else created, article, state, holder end
