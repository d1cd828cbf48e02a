"""The report in a real browser: Debian's Chromium, driven by playwright."""

import shutil

import pytest

from allocator.report.report import report


@pytest.fixture(scope="module")
def page_file(some, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    report([some.base, some.broad, some.prorata], path)
    return path


@pytest.fixture(scope="module")
def browser():
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("chromium is not installed: `make test` does it, or apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


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
