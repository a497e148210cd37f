"""Union-find over groups of documents."""

from __future__ import annotations


class UnionFind:
    """Sets of groups that have to go to the same split because they share a text."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def representative(self, group: int) -> int:
        """The smallest of all groups that are joined with `group`."""
        root = group
        while (parent := self._parent.get(root, root)) != root:
            root = parent
        while group != root:
            group, self._parent[group] = self._parent[group], root
        return root

    def join(self, one: int, other: int) -> None:
        """Join the sets of two groups."""
        roots = sorted((self.representative(one), self.representative(other)))
        if roots[0] != roots[1]:
            self._parent[roots[1]] = roots[0]

    def joined(self) -> dict[int, int]:
        """The representative of every group that is not its own."""
        roots = {group: self.representative(group) for group in list(self._parent)}
        return {group: root for group, root in roots.items() if group != root}
