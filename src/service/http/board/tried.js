// The slider of a page that shows what another target would have meant. All texts and figures are in the
// table of the page; the script shows the row that the slider is at. It listens to the document, since the
// content of the page is replaced while it is open.
(() => {
  const show = (slider) => {
    const section = slider.closest("section");
    const row = section.querySelectorAll(".tried-table tbody tr")[Number(slider.value)];
    if (!row) return;
    section.querySelector(".tried-text").textContent = row.dataset.text;
    const lines = section.querySelector(".tried-yaml");
    if (lines.value !== row.dataset.yaml) {
      lines.value = row.dataset.yaml;
      section.querySelector(".tried-was-copied").textContent = "";
    }
    slider.setAttribute("aria-valuetext", row.querySelector("th").textContent.trim());
    const mark = section.querySelector(".tried-mark");
    if (mark) mark.setAttribute("d", mark.getAttribute("d").replace(/^M\d+/, "M" + row.dataset.x));
  };
  const isSlider = (element) => element.matches(".tried-slider input");
  // Where the page may not write to the clipboard, the lines stay selected for the keyboard.
  const copy = async (button) => {
    const file = button.closest(".tried-file");
    const lines = file.querySelector(".tried-yaml");
    const status = file.querySelector(".tried-was-copied");
    // A text that stays the same is not read aloud again.
    status.textContent = "";
    lines.focus();
    lines.select();
    let isCopied = true;
    try {
      await navigator.clipboard.writeText(lines.value);
    } catch {
      isCopied = document.execCommand("copy");
    }
    status.textContent = isCopied ? button.dataset.copied : button.dataset.selected;
  };
  const prepare = () => {
    for (const button of document.querySelectorAll(".tried-copy")) button.hidden = false;
    for (const label of document.querySelectorAll(".tried-slider")) {
      label.hidden = false;
      show(label.querySelector("input"));
    }
  };
  document.addEventListener("input", (event) => {
    if (isSlider(event.target)) show(event.target);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".tried-copy");
    if (button) copy(button);
  });
  document.addEventListener("vaste:content", prepare);
  prepare();
})();
