"""deckgen: a folder of Markdown cards, whose Python snippets are run, becomes an Anki deck.

    Path ──read──▶ SourceFile ──parse──▶ Note ──execute──▶ Outputs
                                          │                   │
                                          └──────render───────┘
                                                  │
                            lock ◀── RenderedNote ──▶ Deck ──package──▶ build/NAME.apkg

Each arrow is a module or a folder of its own, `pipeline` alone knows their order, and the values between them are
frozen: see `deck`.
"""

__version__ = "0.1.0"
