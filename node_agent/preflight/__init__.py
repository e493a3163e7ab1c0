"""`aigpu-preflight`: prove the GPU inside the job's own container, then run the job and watch that it uses it.

One module a command (`check`, `wrapper` for exec, `explain`, `facts_dump`), and what they share: `declaring` reads the
intent, `looking` runs probes and checks, `output` writes the verdict. `aigpu-agent check` and `facts` use the same.
This file stays empty of code: a program starts its probes' children before it imports anything else.
"""
