"""Floor 1: development repositories, through the user's own git; work trees and indexes are never touched."""
