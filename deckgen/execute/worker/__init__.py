"""The process that runs snippets: it imports torch once and forks a child a note.  Imports nothing else of deckgen."""
