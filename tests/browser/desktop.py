"""Run by a Python that has Anki's desktop program with Qt: shows one card of a package and says which keys reach it.

python desktop.py PACKAGE NOTE KEYS   ->   one line of JSON
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ |= {"QT_QPA_PLATFORM": "offscreen", "QTWEBENGINE_DISABLE_SANDBOX": "1"}

import aqt
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from aqt.profiles import ProfileManager
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

PACKAGE, NOTE, KEYS = sys.argv[1:]
base = tempfile.mkdtemp()
profiles = ProfileManager(ProfileManager.get_created_base_folder(base))
profiles.setupMeta()
profiles.create("Learner")
profiles.load("Learner")
profiles.meta["firstRun"] = False
profiles.save()
home = Path(base) / "Learner"
home.mkdir(exist_ok=True)
collection = Collection(str(home / "collection.anki2"))
collection.import_anki_package(ImportAnkiPackageRequest(package_path=PACKAGE, options=ImportAnkiPackageOptions()))
deck = collection.decks.id("One card")
collection.set_deck(collection.find_cards(f"ID:{NOTE}"), deck)
collection.decks.select(deck)
collection.close()

app = aqt._run(argv=["anki", "-b", base, "-p", "Learner", "-l", "en"], exec=False)


def wait(seconds, until=lambda: False):
    end = time.monotonic() + seconds
    while time.monotonic() < end and not until():
        app.processEvents()
        time.sleep(0.01)


def run(script):
    results = []
    aqt.mw.reviewer.web.page().runJavaScript(script, results.append)
    wait(5, lambda: bool(results))
    return results[0] if results else None


wait(30, lambda: aqt.mw.state == "deckBrowser")
aqt.mw.moveToState("review")
wait(30, lambda: bool(run("!!document.querySelector('.deckgen [data-key]')")))
run("window.seen = []; document.addEventListener('keydown', event => seen.push(event.key), true)")
web = aqt.mw.reviewer.web
web.setFocus()
for key in KEYS:
    QTest.keyClick(web.focusProxy() or web, key)
    wait(0.3)
found = {"seen": run("seen.join('')"), "chosen": run("document.querySelectorAll('[aria-checked=true]').length")}
QTest.keyClick(web.focusProxy() or web, Qt.Key.Key_Space)
wait(5, lambda: bool(run("!!document.querySelector('.deckgen.back')")))
found |= {"side": aqt.mw.reviewer.state, "verdict": run("(document.querySelector('.verdict') || {}).textContent || ''")}
print(json.dumps(found), flush=True)
os._exit(0)
