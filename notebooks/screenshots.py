"""Take the README's pictures from real runs in headless Chromium: ``python screenshots.py``."""

from pathlib import Path
from shutil import which

from playwright.sync_api import sync_playwright

import allocator as al
from allocator.report.cards import comparison_card

HERE = Path(__file__).parent
PAGE = (
    '<!doctype html><meta charset="utf-8"><body style="font:15px sans-serif;margin:16px;'
    'display:inline-block">{}'
)


def main() -> None:
    """Compare three policies on 100,000 simulated users, and look at them."""
    users = al.simulate_users(100_000, seed=7)
    announced = al.Policy.default().replace(budget="17600000.00")
    found = al.goal_seek(
        users, announced, vary="alpha", target="mean_award", decile=1, value=8.0
    ).policy
    broad = announced.replace(alpha=2, name="Broad")
    comparison = al.compare(users, announced, found, broad)
    figure = comparison.plot.gainers()
    (HERE / "gainers.png").write_bytes(figure.encoded("png", dpi=100))
    html = comparison_card(comparison)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 600})
        page.set_content(PAGE.format(html))
        page.locator("body").screenshot(path=HERE / "cards.png")
        browser.close()


if __name__ == "__main__":
    main()
