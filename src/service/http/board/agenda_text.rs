//! The agenda of a team as plain text and as Markdown.

use super::agenda::AgendaItem;
use super::agenda_sections::sections;
use super::view_model::Board;
use crate::catalog::ScopeId;

/// The agenda as plain text.
pub(super) fn plain_text(board: &Board<'_>, scope: ScopeId) -> String {
    let title = format!("{} – {}", board.texts.text("agenda"), board.name(scope));
    let mut lines = vec![title];
    for section in sections(board, scope) {
        lines.extend([String::new(), section.heading]);
        if section.items.is_empty() {
            lines.push(format!("  {}", section.nothing));
        }
        for AgendaItem { text, more, .. } in &section.items {
            let on_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            lines.push(format!("  - {}", on_one_line(text)));
            if !more.is_empty() {
                lines.push(format!("    {}", on_one_line(more)));
            }
        }
    }
    lines.join("\n") + "\n"
}

/// The agenda as Markdown.
pub(super) fn markdown(board: &Board<'_>, scope: ScopeId) -> String {
    let title = format!("{} – {}", board.texts.text("agenda"), board.name(scope));
    let mut lines = vec![format!("# {}", escaped(&title))];
    for section in sections(board, scope) {
        lines.push(format!("\n## {}\n", escaped(&section.heading)));
        if section.items.is_empty() {
            lines.push(escaped(&section.nothing));
        }
        let item = |AgendaItem { text, more, .. }: &AgendaItem| {
            let more =
                if more.is_empty() { String::new() } else { format!(" ({})", escaped(more)) };
            format!("- {}{more}", escaped(text))
        };
        lines.extend(section.items.iter().map(item));
    }
    lines.join("\n") + "\n"
}

/// A text in which Markdown and HTML find nothing to format.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    out
}
