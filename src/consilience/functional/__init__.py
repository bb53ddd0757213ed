"""The mathematics, stateless: functions of tensors and arrays."""
