"""auth_test.py with the server as root starts it: the front asks, the supervisor decides, workers serve."""
import support
from auth_test import Certificates, Chain, Defence, Ends, Mechanisms

__all__ = ["Certificates", "Chain", "Defence", "Ends", "Mechanisms"]

if __name__ == "__main__":
    support.main()
