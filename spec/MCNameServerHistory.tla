------------------------ MODULE MCNameServerHistory -------------------------
(* Bounds for TLC: those of MCNameServer, with a memory. *)
EXTENDS MCNameServer, NameServerHistory
=============================================================================
