---------------------------- MODULE DataVersion ----------------------------
(* The version of a broker's topic configs: [state_version, counter, timestamp]. `counter` counts the changes,            *)
(* `timestamp` is when the last one was, `state_version` (5.x) the epoch of the broker's mastership. Apache compares      *)
(* DataVersions only for equality, and stateVersions of two addresses that claim one broker id. Source: DataVersion,      *)
(* 4.9.7 and 5.5.0.                                                                                                       *)
EXTENDS Integers

\* `new` is an earlier state of the broker that sent `old`, if that counts on and its clock goes on.
IsEarlier(new, old) ==
  /\ new # old
  /\ IF new.state_version # old.state_version THEN new.state_version < old.state_version
     ELSE new.counter <= old.counter /\ new.timestamp <= old.timestamp

\* `new` is certainly an earlier state of that broker. One that has lost its versions counts from 0 again, but later: that is
\* not older. timestampBreaksTie: whether the timestamp tells at an equal counter too.
IsOlder(new, old, timestampBreaksTie) ==
  IF new.state_version # old.state_version THEN new.state_version < old.state_version
  ELSE IF new.counter = old.counter THEN timestampBreaksTie /\ new.timestamp < old.timestamp
  ELSE new.counter < old.counter /\ new.timestamp <= old.timestamp
=============================================================================
