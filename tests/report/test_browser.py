"""The report in a real browser: Debian's Chromium, driven by playwright."""

from pathlib import Path

import axe_playwright_python
import pytest

from allocator.report.report import report

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")


@pytest.fixture(scope="module")
def page_file(some, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    report([some.base, some.broad, some.prorata], path, users=some.users)
    return path


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_quietly_and_fits(browser, page_file, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 1200}, color_scheme=scheme)
    page = context.new_page()
    told, asked = [], []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    assert told == []
    assert asked == [page_file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shown = "narrow" if width == 390 else "wide"
    assert page.locator(f"figure .{shown} svg").first.is_visible()
    # Text of figures stays legible, and text differs enough from its background.
    size = page.evaluate(
        f"""() => Math.min(...[...document.querySelectorAll('figure .{shown} svg')].map(
            svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width * 8))"""
    )
    assert size >= 9
    assert page.evaluate(CONTRAST) >= 4.5
    context.close()


def test_its_first_screen_prints_on_one_sheet(browser, page_file):
    page = browser.new_page()
    page.goto(page_file.as_uri())
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 688, "height": 900})  # A4 without its margins, in pixels
    assert page.evaluate("document.querySelector('.first').getBoundingClientRect().height") < 1017
    page.close()


# The least contrast of any text with the page behind it (WCAG's definition).
CONTRAST = """() => {
  const light = c => {
    const [r, g, b] = c.match(/[\\d.]+/g).map(v => v / 255)
      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if (c !== 'rgba(0, 0, 0, 0)') return c;
    }
    return 'rgb(255, 255, 255)';
  };
  let least = 21;
  for (const e of document.querySelectorAll('p, li, td, th, dd, dt, h1, h2, h3, small, svg text')) {
    const style = getComputedStyle(e);
    const ink = e.closest('svg') ? style.fill : style.color;
    const [a, b] = [light(ink), light(behind(e))].sort((x, y) => y - x);
    least = Math.min(least, (a + 0.05) / (b + 0.05));
  }
  return least;
}"""


def test_the_calculator_answers_what_is_typed(browser, page_file, some):
    page = browser.new_page()
    page.goto(page_file.as_uri())
    people = page.get_by_label("Your loss in $"), page.get_by_label("Your net assets in $")
    for row in some.base.table.slice(0, 40).to_pylist():
        first = some.base.explain(row["user_id"])
        for field, value in zip(people, (first.loss, first.net_assets), strict=True):
            field.fill(value)
        compensated = row["reason"] == "already_compensated"
        page.get_by_label("already compensated").set_checked(compensated)
        shown = page.locator("#calculator output").inner_text().split("\n")
        shown = [line for line in shown if line]
        for line, run in zip(shown, (some.base, some.broad, some.prorata), strict=True):
            theirs = run.explain(row["user_id"])
            assert line.startswith(f"{run.policy.name}: ${theirs.award_cents / 100:,.2f} ")
            assert theirs.reason == "eligible" or line.endswith(theirs.customer)
    page.close()


def test_tables_are_sorted_by_keyboard(browser, page_file):
    page = browser.new_page()
    page.goto(page_file.as_uri())
    table = page.locator("table.sortable", has_text="Announced: Awards by decile").first
    head = table.locator("thead th", has_text="total")

    def column(number):
        return table.locator(f"tbody tr > :nth-child({number})").all_inner_texts()

    before = column(1)
    head.get_by_role("button").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    totals = [float(text.replace("$", "").replace(",", "")) for text in column(6)]
    assert totals[:-1] == sorted(totals[:-1], reverse=True)
    assert column(1) == ["10", "9", "8", "7", "6", "5", "4", "3", "2", "1", "ALL"]
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") is None
    assert column(1) == before
    table.locator("thead th", has_text="decile").get_by_role("button").press(" ")
    assert column(1) == before
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_screen_reader_can_use_it(browser, page_file, scheme):
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(page_file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    # The page allows no program but its own, so that axe comes in by another door.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the finding"
    context.close()


def test_nothing_is_lost_without_a_program(browser, page_file):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_file.as_uri())
    assert page.locator("noscript").is_visible()
    assert not page.locator("#calculator").is_visible()
    assert page.locator("table.sortable", has_text="fall out").first.is_visible()
    context.close()


def test_no_other_program_runs_in_it(browser, page_file, tmp_path):
    text = page_file.read_text(encoding="utf-8")
    path = tmp_path / "changed.html"
    path.write_text(text.replace("</main>", "<script>document.title = 'mine'</script></main>"))
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.title() == "Announced: who gets what"
    page.close()
