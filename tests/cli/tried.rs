//! The slider of the page that tries other targets, and taking a level over, in a browser.

use serde_json::Value;

use crate::board::{demo, pictures, url};
use crate::browser::Browser;
use crate::process::wait_for;

/// Finds a level as a team does: with the slider, by keyboard. The page takes over what changes meanwhile.
#[test]
fn a_browser_moves_the_target_and_sees_what_it_would_have_meant() {
    let Some(mut browser) = Browser::start() else { return };
    let demo = demo();
    browser.resize([1280, 800]);
    let path = "/teams/deliveries/objectives/first-reply";
    wait_for("the past", || demo.get(path).filter(|page| page.contains("tried-slider")));
    browser.open(&url(demo.port, path, "en"));
    browser.evaluate("document.querySelector('.tried-slider input').focus(); true");
    let said = "document.querySelector('.tried-text').textContent";
    let agreed = browser.text(said);
    assert!(agreed.starts_with("Within 24\u{a0}h: "), "{agreed}");
    browser.press("ArrowLeft", 37, "");
    let stricter = browser.text(said);
    assert!(stricter.starts_with("Within 16\u{a0}h: "), "{stricter}");
    // Exactly what the API says.
    let history = demo.get(&format!("/api/v1{path}/history")).unwrap();
    let history: Value = serde_json::from_str(&history).unwrap();
    let tried = history["tried"].as_array().unwrap();
    let of = tried.iter().find(|tried| tried["target"] == 57_600).unwrap();
    let counted = format!(" of {} tickets.", of["decided"]);
    assert!(stricter.contains(&counted), "{stricter}: {of}");
    let before = browser.text("document.querySelector('.as-of').textContent");
    browser.wait_until(
        "the page to move on",
        &format!("document.querySelector('.as-of').textContent !== {before:?}"),
    );
    let kept = browser.text(said);
    assert!(kept.starts_with("Within 16\u{a0}h: "), "the slider stays: {kept}");
    // The lines of that level can be taken over into the file.
    let lines = browser.text("document.querySelector('.tried-yaml').value");
    let agreed = "was:\n      - { within: 24h";
    assert!(lines.starts_with("    within: 16h") && lines.contains(agreed), "{lines}");
    let copied = "document.querySelector('.tried-was-copied').textContent";
    assert_eq!(browser.text(copied), "");
    browser.evaluate("document.querySelector('.tried-copy').click(); true");
    browser.wait_until("the copy", &format!("{copied}.startsWith('Copied. ')"));
    let before = browser.text("document.querySelector('.as-of').textContent");
    browser.wait_until(
        "the page to move on",
        &format!("document.querySelector('.as-of').textContent !== {before:?}"),
    );
    assert!(browser.text(copied).starts_with("Copied. "), "what it said stays");
    // Where the browser refuses, the lines are selected.
    browser.evaluate(
        "(() => {
           navigator.clipboard.writeText = () => Promise.reject(new Error('refused'));
           document.execCommand = () => false;
           getSelection().removeAllRanges();
           document.querySelector('.tried-copy').click();
           return true;
         })()",
    );
    browser.wait_until("the refusal", &format!("{copied}.startsWith('Could not copy. ')"));
    let selected = browser.text(
        "(() => {
           const lines = document.activeElement;
           return lines.value.slice(lines.selectionStart, lines.selectionEnd);
         })()",
    );
    assert_eq!(selected, lines);
    browser.screenshot(&pictures().join("target-moved.png"));
    assert!(browser.faults.is_empty(), "{:?}", browser.faults);
}
