"""One opened home: its folders, who calls, who is at work in it, and how it fares."""
