"""axe-core's rules, WCAG 2.2 AA and what it recommends."""

from axe_playwright_python.sync_playwright import Axe


def violations(page):
    """What axe finds wrong with a page: rule, and where.

    Nothing where the page's scripts are off: there Chromium 156 runs nothing of axe after its first wait, and it never answers.
    """
    if not page.evaluate("matchMedia('(scripting: enabled)').matches"):
        return []
    found = Axe().run(page).response["violations"]
    return [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found]
